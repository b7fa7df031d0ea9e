package tagseal.contract;

/**
 * One thing that is wrong with a text, mostly a policy document: where, what, and what to do.
 *
 * @param severity how serious it is
 * @param pointer where, as a JSON pointer (RFC 6901); empty for the whole document
 * @param line where, as a line from 1
 * @param column where, as a column in Unicode scalar values from 1
 * @param message what is wrong
 * @param help what to do about it
 */
public record Diagnostic(Severity severity, String pointer, long line, long column, String message, String help) {}
