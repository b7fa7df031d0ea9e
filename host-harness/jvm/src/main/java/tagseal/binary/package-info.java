/**
 * The binary format of components, as far as a policy component uses it: which core modules there are, how they are
 * wired, and of which types the exported functions are. Nothing here runs anything.
 */
package tagseal.binary;
