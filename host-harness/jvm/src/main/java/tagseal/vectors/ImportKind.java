package tagseal.vectors;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tagseal.CallException;
import tagseal.InvalidDocumentException;
import tagseal.Policy;
import tagseal.RefusedException;
import tagseal.contract.Converted;
import tagseal.contract.Event;
import tagseal.contract.Severity;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonValue.JsonString;

/** {@code import}: the rules of another registry become a document. */
final class ImportKind implements Kind {
    private static final Set<String> CODES = Set.of("unknown-format", "invalid");

    @Override
    public Set<String> fields() {
        return Set.of("format", "rules", "text", "options", "options-text", "imported", "refused");
    }

    @Override
    public JsonValue expected(TestVector vector) {
        return vector.expected(Set.of("document-text"), "imported", "refused");
    }

    @Override
    public Answer ask(TestVector vector, Subject subject) throws CallException {
        Invariants invariants = new Invariants();
        String format = vector.field("format").asString();
        String options = vector.options();
        try {
            Converted converted = subject.component().importRules(format, vector.input("rules", "text"), options);
            invariants.diagnostics(converted.losses(), Severity.WARNING);
            JsonObject imported = json(vector, subject, converted, invariants);
            Conversion.checkWhole(invariants, vector, "imported", imported, Set.of("document", "back"));
            return new Answer(AnswerJson.object("imported", imported), invariants.faults());
        } catch (RefusedException error) {
            invariants.refusal(error.refusal(), CODES);
            return new Answer(AnswerJson.refused(error.refusal()), invariants.faults());
        }
    }

    private static JsonObject json(TestVector vector, Subject subject, Converted converted, Invariants invariants)
            throws CallException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("document", AnswerJson.parsed(converted.text()));
        members.put("document-text", new JsonString(converted.text()));
        members.put("losses", AnswerJson.diagnostics(converted.losses()));
        JsonObject expected =
                vector.optional("imported").orElse(new JsonObject(Map.of())).asObject();
        try (Policy policy = subject.component().compile(converted.text())) {
            if (expected.get("deletes").isPresent()) {
                members.put("deletes", deletes(expected.get("deletes").get().asObject(), policy));
            }
        } catch (InvalidDocumentException error) {
            invariants.require(false, "a document that is valid, found " + error.diagnostics());
        }
        if (expected.get("back").isPresent()) {
            String format = vector.field("format").asString();
            JsonValue back = Conversion.back(
                    Conversion.exports(subject.component()), format, converted.text(), vector.options());
            members.put("back", back);
        }
        return new JsonObject(members);
    }

    /** The code of the delete of each tag that the vector names. */
    private static JsonObject deletes(JsonObject expected, Policy policy) throws CallException {
        Map<String, JsonValue> codes = new LinkedHashMap<>();
        for (String target : expected.members().keySet()) {
            int colon = target.lastIndexOf(':');
            Event event = Event.deleteTag(target.substring(0, colon), target.substring(colon + 1));
            codes.put(target, new JsonString(policy.tryEvaluate(event).code()));
        }
        return new JsonObject(codes);
    }
}
