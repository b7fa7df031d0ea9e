/**
 * JSON, read and written by hand.
 *
 * <p>A registry that loads this library has a JSON library already, in a version of its own. This one would bring a
 * second. It also needs what few of them offer: a key that comes twice is an error, numbers keep their digits, and the
 * text of a value can be compared byte for byte. That takes two short classes.
 */
package tagseal.json;
