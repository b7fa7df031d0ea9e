package tagseal.contract;

import java.util.List;

/**
 * The result of a change.
 *
 * @param document the document with the change in it
 * @param revision the revision of the document as it is now, an unsigned number
 * @param rules each rule that was created, configured, switched or deleted, in the order of the change
 */
public record Changed(String document, long revision, List<ChangedRule> rules) {
    /** Keeps a copy of the list. */
    public Changed {
        rules = List.copyOf(rules);
    }
}
