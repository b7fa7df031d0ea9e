package tagseal.vectors;

/** A file that is not a valid file of vectors. */
public final class InvalidVectorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InvalidVectorException(String message) {
        super(message);
    }
}
