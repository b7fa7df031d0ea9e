package tagseal;

import java.time.Duration;
import tagseal.contract.Decision;

/** Why a call got no answer. The instance that failed is gone by then, and the next call gets another one. */
public final class CallException extends TagsealException {
    private static final long serialVersionUID = 1L;

    /** The longest message of a denial. */
    private static final int MAX_MESSAGE = 600;

    /** The kinds of failures. */
    public enum Kind {
        /** The component trapped. */
        TRAP,
        /** It took longer than it may. */
        DEADLINE,
        /** It asked for more memory than it may hold, or than this process has. */
        MEMORY,
        /** Its answer is too large, or breaks the contract. */
        ANSWER,
        /** It refused a document that it had accepted before. */
        CHANGED,
        /** All its instances were busy. */
        BUSY,
        /** The thread was interrupted by somebody else. */
        INTERRUPTED,
        /** The policy was closed. */
        CLOSED,
        /** What was given is null in some part, or has text that is not valid Unicode. */
        TEXT
    }

    /** What failed. */
    private final Kind kind;

    private CallException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What failed. */
    public Kind kind() {
        return kind;
    }

    /**
     * The denial that stands for an answer that did not come, by a policy of this revision. There is no other place that
     * makes one: hosts that ask in JSON take it too.
     */
    public Decision denial(long revision) {
        String message = "no decision could be made: " + getMessage()
                + "; try again, and inform the registry's operator if it stays";
        String printable = message.replaceAll("[^ -~]", "");
        return Decision.deny(
                "unavailable", revision, printable.substring(0, Math.min(printable.length(), MAX_MESSAGE)));
    }

    static CallException trap(Throwable cause) {
        return new CallException(Kind.TRAP, "the component failed (" + cause.getMessage() + ")", cause);
    }

    static CallException stack(Throwable cause) {
        return new CallException(Kind.TRAP, "the component failed (call stack exhausted)", cause);
    }

    static CallException deadline(Duration deadline) {
        return new CallException(Kind.DEADLINE, "the component took longer than " + text(deadline), null);
    }

    static CallException memory(long bytes) {
        return new CallException(Kind.MEMORY, "the component asked for more than " + bytes + " bytes of memory", null);
    }

    static CallException heap(Throwable cause) {
        return new CallException(Kind.MEMORY, "the component asked for more memory than this process has", cause);
    }

    static CallException answer(long bytes, Throwable cause) {
        String message = "the component's answer takes more than " + bytes + " bytes or breaks the contract";
        return new CallException(Kind.ANSWER, message, cause);
    }

    static CallException changed() {
        return new CallException(Kind.CHANGED, "the component refused a document that it had accepted before", null);
    }

    static CallException busy(Duration deadline) {
        return new CallException(Kind.BUSY, "all instances of the component were busy for " + text(deadline), null);
    }

    static CallException interrupted() {
        return new CallException(Kind.INTERRUPTED, "the thread was interrupted", null);
    }

    static CallException closed() {
        return new CallException(Kind.CLOSED, "the policy was closed", null);
    }

    static CallException text(String message) {
        return new CallException(Kind.TEXT, message, null);
    }

    private static String text(Duration duration) {
        return duration.toMillis() + " ms";
    }
}
