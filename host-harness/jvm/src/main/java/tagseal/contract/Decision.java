package tagseal.contract;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tagseal.json.JsonException;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonWriter;

/**
 * The answer to an event.
 *
 * @param outcome whether it may happen; hosts act on this and on the preconditions, and on nothing else
 * @param code why, as a stable word
 * @param rule the id of the rule that decided, an unsigned number
 * @param namespace the namespace of that rule, {@code *} for the rule of the whole instance
 * @param pair the lowest index of the rule's selector pairs that match
 * @param revision the revision of the document that decided, an unsigned number, 0 where it has none
 * @param message for people: one line, empty where all is allowed
 * @param tags what was decided for each tag, in the order of the event
 */
public record Decision(
        Outcome outcome,
        String code,
        OptionalLong rule,
        Optional<String> namespace,
        OptionalInt pair,
        long revision,
        String message,
        List<TagDecision> tags) {

    /** Keeps a copy of the list. */
    public Decision {
        tags = List.copyOf(tags);
    }

    /** Whether the event may happen. */
    public boolean isAllowed() {
        return outcome == Outcome.ALLOW;
    }

    /** A denial that names no rule. */
    public static Decision deny(String code, long revision, String message) {
        return new Decision(
                Outcome.DENY,
                code,
                OptionalLong.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                revision,
                message,
                List.of());
    }

    /**
     * Reads a decision as the component writes it.
     *
     * @throws JsonException when the text is not a decision
     */
    public static Decision read(String text) {
        JsonObject json = JsonReader.read(text).asObject();
        Outcome outcome = Outcome.of(field(json, "outcome").asString());
        List<TagDecision> tags = field(json, "tags").asList().stream()
                .map(tag -> TagDecision.read(tag.asObject()))
                .toList();
        if (outcome == Outcome.ALLOW && tags.stream().anyMatch(tag -> tag.outcome() == Outcome.DENY)) {
            throw new JsonException("the whole is allowed though a tag of it is denied");
        }
        return new Decision(
                outcome,
                field(json, "code").asString(),
                DecidedBy.rule(json),
                DecidedBy.namespace(json),
                DecidedBy.pair(json),
                field(json, "revision").asUnsigned(),
                field(json, "message").asString(),
                tags);
    }

    /** The decision as the component writes it. */
    public String toJson() {
        JsonWriter json = new JsonWriter().beginObject();
        json.name("outcome").value(outcome.word());
        json.name("code").value(code);
        DecidedBy.write(json, rule, namespace, pair);
        json.name("revision").unsigned(revision);
        json.name("message").value(message);
        json.name("tags").beginArray();
        tags.forEach(tag -> tag.write(json));
        return json.endArray().endObject().toString();
    }

    private static JsonValue field(JsonObject json, String key) {
        return json.get(key).orElseThrow(() -> new JsonException("a decision has no `" + key + "`"));
    }
}
