package tagseal.contract;

/** How serious a diagnostic is. */
public enum Severity {
    /** The text is refused. */
    PROBLEM("problem"),
    /** The text is valid, but it is almost certainly not what was meant. */
    WARNING("warning");

    private final String word;

    Severity(String word) {
        this.word = word;
    }

    /** The word that the contract has for it. */
    public String word() {
        return word;
    }
}
