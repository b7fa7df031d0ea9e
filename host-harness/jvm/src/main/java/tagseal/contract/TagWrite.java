package tagseal.contract;

/**
 * One tag that a write sets.
 *
 * @param tag the tag
 * @param current what it resolves to before the write
 */
public record TagWrite(String tag, Current current) {}
