package tagseal.vectors;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tagseal.CallException;
import tagseal.Policy;
import tagseal.json.JsonException;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonBoolean;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonWriter;
import tagseal.vectors.Subject.Compiled;

/** {@code explain}: what a policy does to one tag. */
final class ExplainKind implements Kind {
    private static final String DIGEST = "sha256:" + "a".repeat(64);
    private static final String OTHER_DIGEST = "sha256:" + "b".repeat(64);

    @Override
    public Set<String> fields() {
        return Set.of("document", "question", "text", "explained");
    }

    @Override
    public JsonValue expected(TestVector vector) {
        return vector.expected(Set.of(), "explained");
    }

    @Override
    public Answer ask(TestVector vector, Subject subject) throws CallException {
        Invariants invariants = new Invariants();
        Compiled compiled = subject.compile(vector.document());
        if (compiled.policy().isEmpty()) {
            return new Answer(AnswerJson.object("problems", compiled.problems().orElseThrow()), invariants.faults());
        }
        Policy policy = compiled.policy().get();
        String question = vector.input("question", "text");
        JsonObject explained = JsonReader.read(policy.explainJson(question)).asObject();
        Optional<JsonValue> malformed = explained.get("malformed");
        if (malformed.isPresent()) {
            invariants.line(malformed.get().asString());
            invariants.require(explained.members().size() == 1, "nothing beside `malformed`");
        } else {
            check(invariants, explained, policy, JsonReader.read(question).asObject());
        }
        return new Answer(AnswerJson.object("explained", explained), invariants.faults());
    }

    private static void check(Invariants invariants, JsonObject explained, Policy policy, JsonObject question)
            throws CallException {
        JsonObject outcomes = explained.get("outcomes").orElseThrow().asObject();
        for (Map.Entry<String, String> event : events(question).entrySet()) {
            JsonValue decision = JsonReader.read(policy.evaluateJson(event.getValue()));
            JsonObject outcome = outcomes.get(event.getKey()).orElseThrow().asObject();
            invariants.require(
                    Difference.find(outcome, decision).isEmpty(),
                    "the outcome of `" + event.getKey() + "` to be what is decided, " + decision);
        }
        List<JsonValue> rules = explained.get("rules").orElseThrow().asList();
        rules.forEach(rule -> checkRule(invariants, rule.asObject()));
    }

    /** The events that an explanation is about, as JSON. */
    private static Map<String, String> events(JsonObject question) {
        Map<String, String> events = new TreeMap<>();
        events.put("push", push(question, "absent"));
        events.put("push-again", push(question, DIGEST));
        events.put("push-other", push(question, OTHER_DIGEST));
        JsonWriter delete = new JsonWriter().beginObject().name("delete-tag").beginObject();
        delete.name("repository").value(field(question, "repository"));
        delete.name("tag").value(field(question, "tag")).endObject();
        events.put("delete", inContext(delete, question));
        return events;
    }

    private static String push(JsonObject question, String current) {
        JsonWriter push = new JsonWriter().beginObject().name("write").beginObject();
        push.name("repository").value(field(question, "repository"));
        push.name("digest").value(DIGEST).name("tags").beginArray().beginObject();
        push.name("tag").value(field(question, "tag")).name("current").value(current);
        return inContext(push.endObject().endArray().endObject(), question);
    }

    private static String inContext(JsonWriter event, JsonObject question) {
        question.get("context").ifPresent(context -> event.name("context").value(context));
        return event.endObject().toString();
    }

    /** A rule protects where it is enabled, the tag is not exempt and a pair holds. A pair holds where both selectors do. */
    private static void checkRule(Invariants invariants, JsonObject rule) {
        List<JsonValue> pairs = rule.get("pairs").orElseThrow().asList();
        boolean isExempt = !field(rule, "exempt").equals(JsonValue.NULL);
        boolean holds = pairs.stream().anyMatch(pair -> is(pair.asObject(), "holds"));
        invariants.require(
                is(rule, "protects") == (is(rule, "enabled") && !isExempt && holds),
                "`protects` of a rule that is enabled, a tag that is not exempt and a pair that holds");
        for (int index = 0; index < pairs.size(); index++) {
            JsonObject pair = pairs.get(index).asObject();
            boolean bothHold = is(field(pair, "repositories").asObject(), "holds")
                    && is(field(pair, "tags").asObject(), "holds");
            invariants.require(is(pair, "holds") == bothHold, "`holds` of a pair whose selectors both hold");
            invariants.require(field(pair, "pair").asUnsigned() == index, "all pairs in their order");
        }
    }

    private static boolean is(JsonObject object, String key) {
        return object.get(key).equals(Optional.of(new JsonBoolean(true)));
    }

    private static JsonValue field(JsonObject object, String key) {
        return object.get(key).orElseThrow(() -> new JsonException("`" + key + "` is missing"));
    }
}
