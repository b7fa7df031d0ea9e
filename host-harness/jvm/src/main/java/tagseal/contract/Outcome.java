package tagseal.contract;

import tagseal.json.JsonException;

/** Whether an event may happen. */
public enum Outcome {
    /** It may, under the precondition of each tag. */
    ALLOW("allow"),
    /** It may not, and no part of it may. */
    DENY("deny");

    private final String word;

    Outcome(String word) {
        this.word = word;
    }

    /** The word that the contract has for it. */
    public String word() {
        return word;
    }

    static Outcome of(String word) {
        return switch (word) {
            case "allow" -> ALLOW;
            case "deny" -> DENY;
            default -> throw new JsonException("`" + word + "` is not an outcome");
        };
    }
}
