/** A runner of the conformance vectors, written from the README in {@code tests/vectors} alone. */
package tagseal.vectors;
