package tagseal.vectors;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tagseal.CallException;
import tagseal.InvalidDocumentException;
import tagseal.Policy;
import tagseal.contract.Diagnostic;
import tagseal.contract.Severity;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonNumber;
import tagseal.json.JsonValue.JsonObject;

/** {@code compile}: a document is valid or not. */
final class CompileKind implements Kind {
    @Override
    public Set<String> fields() {
        return Set.of("document", "text", "policy", "problems");
    }

    @Override
    public JsonValue expected(TestVector vector) {
        return vector.expected(Set.of(), "policy", "problems");
    }

    @Override
    public Answer ask(TestVector vector, Subject subject) throws CallException {
        Invariants invariants = new Invariants();
        try (Policy policy = subject.component().compile(vector.input("document", "text"))) {
            List<Diagnostic> warnings = policy.warnings();
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("revision", JsonNumber.of(policy.revision()));
            members.put("warnings", AnswerJson.diagnostics(warnings));
            invariants.diagnostics(warnings, Severity.WARNING);
            return new Answer(AnswerJson.object("policy", new JsonObject(members)), invariants.faults());
        } catch (InvalidDocumentException error) {
            invariants.require(!error.diagnostics().isEmpty(), "at least one problem");
            invariants.diagnostics(error.diagnostics(), Severity.PROBLEM);
            JsonValue problems = AnswerJson.diagnostics(error.diagnostics());
            return new Answer(AnswerJson.object("problems", problems), invariants.faults());
        }
    }
}
