package tagseal;

import java.util.List;
import tagseal.contract.Diagnostic;

/** A policy document is invalid: it is refused whole, with every problem. */
public final class InvalidDocumentException extends TagsealException {
    private static final long serialVersionUID = 1L;

    /** What is wrong, and where. */
    private final transient List<Diagnostic> diagnostics;

    InvalidDocumentException(List<Diagnostic> diagnostics) {
        super("the document is invalid: " + diagnostics.size() + (diagnostics.size() == 1 ? " problem" : " problems"));
        this.diagnostics = List.copyOf(diagnostics);
    }

    /** Every problem, in the order of their places. */
    public List<Diagnostic> diagnostics() {
        return diagnostics;
    }
}
