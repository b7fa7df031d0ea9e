package tagseal.contract;

import tagseal.json.JsonException;

/** What must still hold for a tag at the moment in which the host commits a write. */
public enum Precondition {
    /** Nothing: the decision does not depend on what the tag is now. Denied tags have this one too. */
    UNCONDITIONAL("unconditional"),
    /** The tag is still absent. */
    ABSENT("absent"),
    /** The tag still has the digest that the event gave as its current one. */
    UNCHANGED("unchanged");

    private final String word;

    Precondition(String word) {
        this.word = word;
    }

    /** The word that the contract has for it. */
    public String word() {
        return word;
    }

    static Precondition of(String word) {
        return switch (word) {
            case "unconditional" -> UNCONDITIONAL;
            case "absent" -> ABSENT;
            case "unchanged" -> UNCHANGED;
            default -> throw new JsonException("`" + word + "` is not a precondition");
        };
    }
}
