package tagseal.binary;

/** Bytes that are not a component, or a component that uses something that this host does not know. */
public final class MalformedComponentException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong. */
    public MalformedComponentException(String message) {
        super(message);
    }
}
