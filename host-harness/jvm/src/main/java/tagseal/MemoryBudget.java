package tagseal;

/** Counts what the memories and tables of one instance hold, all together, and keeps it under a cap. */
final class MemoryBudget {
    /** The instance asked for more than its cap. It must not go on: what it made of a mere refusal would be its own. */
    static final class ExceededException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ExceededException() {
            super("the instance asked for more memory than it may hold", null, false, false);
        }
    }

    private final long cap;
    private long held;

    MemoryBudget(long cap) {
        this.cap = cap;
    }

    /** Bytes that are held. It never falls. */
    long held() {
        return held;
    }

    long cap() {
        return cap;
    }

    void grow(long bytes) {
        if (bytes > cap - held) {
            throw new ExceededException();
        }
        held += bytes;
    }
}
