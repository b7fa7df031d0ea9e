package tagseal.vectors;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tagseal.CallException;
import tagseal.RefusedException;
import tagseal.contract.Converted;
import tagseal.contract.Severity;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonValue.JsonString;

/** {@code export}: the rules of a document become those of another registry. */
final class ExportKind implements Kind {
    private static final Set<String> CODES =
            Set.of("unknown-format", "invalid", "invalid-document", "not-found", "not-expressible");

    @Override
    public Set<String> fields() {
        return Set.of("format", "document", "document-text", "options", "options-text", "exported", "refused");
    }

    @Override
    public JsonValue expected(TestVector vector) {
        return vector.expected(Set.of("text"), "exported", "refused");
    }

    @Override
    public Answer ask(TestVector vector, Subject subject) throws CallException {
        Invariants invariants = new Invariants();
        String format = vector.field("format").asString();
        String options = vector.options();
        try {
            Converted converted = subject.component().exportRules(format, vector.document(), options);
            invariants.diagnostics(converted.losses(), Severity.WARNING);
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("rules", AnswerJson.parsed(converted.text()));
            members.put("text", new JsonString(converted.text()));
            members.put("losses", AnswerJson.diagnostics(converted.losses()));
            boolean hasBack = vector.optional("exported")
                    .flatMap(it -> it.asObject().get("back"))
                    .isPresent();
            if (hasBack) {
                Conversion.Direction imports = Conversion.imports(subject.component());
                members.put("back", Conversion.back(imports, format, converted.text(), options));
            }
            JsonObject exported = new JsonObject(members);
            Conversion.checkWhole(invariants, vector, "exported", exported, Set.of("rules", "back"));
            return new Answer(AnswerJson.object("exported", exported), invariants.faults());
        } catch (RefusedException error) {
            invariants.refusal(error.refusal(), CODES);
            invariants.require(error.refusal().rule().isEmpty(), "a refusal that names no rule");
            return new Answer(AnswerJson.refused(error.refusal()), invariants.faults());
        }
    }
}
