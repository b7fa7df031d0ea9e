/** The command line: {@code java -jar tagseal.jar decide|test|bench}. */
package tagseal.command;
