package tagseal.contract;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tagseal.json.JsonException;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonWriter;

/**
 * What was decided for one tag of an event.
 *
 * @param tag the tag
 * @param outcome whether this tag may be written or deleted; one denied tag denies all
 * @param code why, as a stable word
 * @param rule the id of the rule that decided, an unsigned number
 * @param namespace the namespace of that rule
 * @param pair the lowest index of the rule's selector pairs that match
 * @param precondition what must still hold when the write commits
 */
public record TagDecision(
        String tag,
        Outcome outcome,
        String code,
        OptionalLong rule,
        Optional<String> namespace,
        OptionalInt pair,
        Precondition precondition) {

    static TagDecision read(JsonObject json) {
        return new TagDecision(
                text(json, "tag"),
                Outcome.of(text(json, "outcome")),
                text(json, "code"),
                DecidedBy.rule(json),
                DecidedBy.namespace(json),
                DecidedBy.pair(json),
                Precondition.of(text(json, "precondition")));
    }

    void write(JsonWriter json) {
        json.beginObject().name("tag").value(tag);
        json.name("outcome").value(outcome.word());
        json.name("code").value(code);
        DecidedBy.write(json, rule, namespace, pair);
        json.name("precondition").value(precondition.word()).endObject();
    }

    private static String text(JsonObject json, String key) {
        return json.get(key)
                .orElseThrow(() -> new JsonException("a tag has no `" + key + "`"))
                .asString();
    }
}
