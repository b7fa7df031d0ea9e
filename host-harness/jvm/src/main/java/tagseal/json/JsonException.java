package tagseal.json;

/** A text that is not valid JSON, or not the JSON that was expected. */
public final class JsonException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong, and at which character. */
    public JsonException(String message, int position) {
        super(message + " at character " + position);
    }

    /** Says what is wrong with a value that is valid JSON. */
    public JsonException(String message) {
        super(message);
    }
}
