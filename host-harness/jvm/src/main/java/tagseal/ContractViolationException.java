package tagseal;

/** An answer that the contract does not allow, found while it is read. */
final class ContractViolationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ContractViolationException(String message) {
        super(message);
    }
}
