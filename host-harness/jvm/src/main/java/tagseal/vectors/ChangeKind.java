package tagseal.vectors;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tagseal.CallException;
import tagseal.InvalidDocumentException;
import tagseal.Policy;
import tagseal.RefusedException;
import tagseal.contract.Changed;
import tagseal.contract.ChangedRule;
import tagseal.contract.Refusal;
import tagseal.contract.Severity;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonArray;
import tagseal.json.JsonValue.JsonNumber;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonValue.JsonString;

/** {@code change}: the rules of a document are changed. */
final class ChangeKind implements Kind {
    private static final Set<String> CODES =
            Set.of("invalid", "invalid-document", "stale", "not-found", "namespace-fixed", "conflict");

    /** The fields of a document, besides its rules, that a change may change. */
    private static final Set<String> CHANGING_FIELDS = Set.of("revision", "next-id", "overrides");

    @Override
    public Set<String> fields() {
        return Set.of("document", "document-text", "change", "text", "changed", "refused");
    }

    @Override
    public JsonValue expected(TestVector vector) {
        return vector.expected(Set.of("document-text"), "changed", "refused");
    }

    @Override
    public Answer ask(TestVector vector, Subject subject) throws CallException {
        Invariants invariants = new Invariants();
        String document = vector.document();
        try {
            Changed changed = subject.component().changeRules(document, vector.input("change", "text"));
            check(invariants, document, changed, subject);
            boolean hasValue =
                    vector.field("changed").asObject().get("document").isPresent();
            return new Answer(AnswerJson.object("changed", json(changed, hasValue)), invariants.faults());
        } catch (RefusedException error) {
            Refusal refusal = error.refusal();
            invariants.refusal(refusal, CODES);
            return new Answer(AnswerJson.refused(refusal), invariants.faults());
        }
    }

    private static JsonObject json(Changed changed, boolean hasValue) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        if (hasValue) {
            members.put("document", AnswerJson.parsed(changed.document()));
        }
        members.put("document-text", new JsonString(changed.document()));
        members.put("revision", JsonNumber.of(changed.revision()));
        members.put(
                "rules",
                new JsonArray(
                        changed.rules().stream().map(AnswerJson::changedRule).toList()));
        return new JsonObject(members);
    }

    /** Whatever was expected, a new document follows from the old one. */
    private static void check(Invariants invariants, String document, Changed changed, Subject subject)
            throws CallException {
        try (Policy policy = subject.component().compile(changed.document())) {
            invariants.require(policy.revision() == changed.revision(), "a document of the revision");
        } catch (InvalidDocumentException error) {
            invariants.require(false, "a document that is valid, found " + error.diagnostics());
        }
        Outline old = Outline.read(document);
        Outline now = Outline.read(changed.document());
        boolean isSame = document.equals(changed.document());
        Set<Long> ids = changed.rules().stream().map(ChangedRule::id).collect(Collectors.toSet());
        invariants.require(
                changed.revision() == old.revision() + (isSame ? 0 : 1), "one revision more where anything changed");
        invariants.require(old.hasSameRules(now, ids), "all other rules as they were, byte for byte");
        invariants.require(old.hasSameFields(now, CHANGING_FIELDS), "all other fields as they were, byte for byte");
        invariants.require(
                isSame || now.nextId() >= Math.max(old.freeId(), now.freeId()), "a `next-id` that was never given");
        for (ChangedRule rule : changed.rules()) {
            invariants.require(old.has(rule.id()) || rule.id() >= old.freeId(), "an id that was never given");
            invariants.require(
                    now.textsOf(Set.of(rule.id())).equals(rule.rule().stream().toList()),
                    "the text of rule " + rule.id() + " as it is in the new document");
            invariants.diagnostics(rule.warnings(), Severity.WARNING);
        }
    }
}
