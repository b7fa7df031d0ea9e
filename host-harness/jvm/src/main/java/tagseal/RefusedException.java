package tagseal;

import tagseal.contract.Refusal;

/** The component refused a change or a question, and says why. What was given is as it was. */
public final class RefusedException extends TagsealException {
    private static final long serialVersionUID = 1L;

    /** What it said. */
    private final transient Refusal refusal;

    RefusedException(Refusal refusal) {
        super(refusal.message());
        this.refusal = refusal;
    }

    /** Why it was refused. */
    public Refusal refusal() {
        return refusal;
    }
}
