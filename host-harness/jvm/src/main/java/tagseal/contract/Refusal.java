package tagseal.contract;

import java.util.List;
import java.util.OptionalLong;

/**
 * Why a change or a question was refused. The document stays as it was.
 *
 * @param code why, as a stable word
 * @param message for people: one line
 * @param rule the rule that is in the way or that was meant, an unsigned number
 * @param diagnostics every problem, where a text is invalid
 */
public record Refusal(String code, String message, OptionalLong rule, List<Diagnostic> diagnostics) {
    /** Keeps a copy of the list. */
    public Refusal {
        diagnostics = List.copyOf(diagnostics);
    }
}
