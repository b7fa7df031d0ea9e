package tagseal.contract;

import java.util.List;
import java.util.Optional;

/**
 * A rule that a change was for, as it is after the change.
 *
 * @param id its id, an unsigned number
 * @param rule the rule as it is in the new document, byte for byte; empty after a delete
 * @param warnings the warnings about it, with places in that text
 */
public record ChangedRule(long id, Optional<String> rule, List<Diagnostic> warnings) {
    /** Keeps a copy of the list. */
    public ChangedRule {
        warnings = List.copyOf(warnings);
    }
}
