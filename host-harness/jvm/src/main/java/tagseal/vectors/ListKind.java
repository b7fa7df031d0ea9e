package tagseal.vectors;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tagseal.CallException;
import tagseal.RefusedException;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;

/** {@code list}: which rules a document has. */
final class ListKind implements Kind {
    private static final Set<String> CODES = Set.of("invalid", "invalid-document");

    @Override
    public Set<String> fields() {
        return Set.of("document", "document-text", "query", "text", "listed", "refused");
    }

    @Override
    public JsonValue expected(TestVector vector) {
        return vector.expected(Set.of(), "listed", "refused");
    }

    @Override
    public Answer ask(TestVector vector, Subject subject) throws CallException {
        Invariants invariants = new Invariants();
        String document = vector.document();
        String query = vector.input("query", "text");
        try {
            String listed = subject.component().listRules(document, query);
            JsonObject answer = JsonReader.read(listed).asObject();
            check(invariants, document, query, listed, answer);
            return new Answer(AnswerJson.object("listed", answer), invariants.faults());
        } catch (RefusedException error) {
            invariants.refusal(error.refusal(), CODES);
            return new Answer(AnswerJson.refused(error.refusal()), invariants.faults());
        }
    }

    private static void check(Invariants invariants, String document, String query, String listed, JsonObject answer) {
        Outline old = Outline.read(document);
        Outline found = Outline.read(listed);
        List<JsonValue> rules = answer.get("rules").orElseThrow().asList();
        Set<Long> ids = new HashSet<>(ids(rules));
        invariants.require(
                found.textsOf(ids).equals(old.textsOf(ids)),
                "the rules of the document, byte for byte and in its order");
        invariants.require(
                answer.get("revision").orElseThrow().asUnsigned() == old.revision(), "the revision of the document");
        List<JsonValue> described = answer.get("described").orElseThrow().asList();
        invariants.require(ids(described).equals(ids(rules)), "`described` with the same rules, in the same order");
        boolean asksForNamespaces =
                JsonReader.read(query).asObject().get("namespaces").isPresent();
        invariants.require(
                answer.get("without-rule").isPresent() == asksForNamespaces,
                "`without-rule` where the query has namespaces, and nowhere else");
    }

    private static List<Long> ids(List<JsonValue> rules) {
        return rules.stream()
                .map(rule -> rule.asObject().get("id").orElseThrow().asUnsigned())
                .toList();
    }
}
