package tagseal;

/** Why something that was asked was not done. */
public abstract sealed class TagsealException extends Exception
        permits LoadException, CallException, InvalidDocumentException, RefusedException {
    private static final long serialVersionUID = 1L;

    TagsealException(String message) {
        super(message);
    }

    TagsealException(String message, Throwable cause) {
        super(message, cause);
    }
}
