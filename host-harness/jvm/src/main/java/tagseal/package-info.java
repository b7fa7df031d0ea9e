/**
 * Tagseal on the JVM: keeps container image tags immutable by rule.
 *
 * <p>A {@link tagseal.Component} is loaded once, compiles policy documents, and changes, lists, imports and exports their
 * rules. A {@link tagseal.Policy} decides events. Both may be used by many threads at once.
 */
package tagseal;
