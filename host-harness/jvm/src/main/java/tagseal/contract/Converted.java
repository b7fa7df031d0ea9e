package tagseal.contract;

import java.util.List;

/**
 * The result of an import or an export.
 *
 * @param text the policy document, or the text for the other registry
 * @param losses what means something else now, or was left out
 */
public record Converted(String text, List<Diagnostic> losses) {
    /** Keeps a copy of the list. */
    public Converted {
        losses = List.copyOf(losses);
    }
}
