package tagseal.vectors;

import java.util.Optional;
import tagseal.CallException;
import tagseal.Component;
import tagseal.InvalidDocumentException;
import tagseal.Policy;
import tagseal.json.JsonValue;

/** What vectors are put to: a component, and the policy that it compiled last, since many vectors share a document. */
final class Subject implements AutoCloseable {
    /** The longest document whose policy is kept for the next vector. */
    private static final int MAX_KEPT_LENGTH = 1 << 20;

    /** A policy, or the problems of the document in its place. */
    record Compiled(Optional<Policy> policy, Optional<JsonValue> problems) {}

    private final Component component;
    private Optional<String> document = Optional.empty();
    private Compiled compiled = new Compiled(Optional.empty(), Optional.empty());

    Subject(Component component) {
        this.component = component;
    }

    Component component() {
        return component;
    }

    /** Compiles a document. The policy is good until the next one is compiled. */
    Compiled compile(String text) throws CallException {
        if (document.isPresent() && document.get().equals(text)) {
            return compiled;
        }
        close();
        try {
            compiled = new Compiled(Optional.of(component.compile(text)), Optional.empty());
        } catch (InvalidDocumentException error) {
            compiled = new Compiled(Optional.empty(), Optional.of(AnswerJson.diagnostics(error.diagnostics())));
        }
        document = text.length() <= MAX_KEPT_LENGTH ? Optional.of(text) : Optional.empty();
        return compiled;
    }

    @Override
    public void close() {
        compiled.policy().ifPresent(Policy::close);
        compiled = new Compiled(Optional.empty(), Optional.empty());
        document = Optional.empty();
    }
}
