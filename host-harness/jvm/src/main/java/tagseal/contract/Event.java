package tagseal.contract;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tagseal.json.JsonWriter;

/**
 * Something that is about to happen to a tag or a manifest.
 *
 * @param operation what it is
 * @param context facts about the request: {@code time} in UTC as {@code 2026-12-01T18:00:00Z}, and {@code actor} where the
 *     host knows who asks
 */
public record Event(Operation operation, Map<String, String> context) {
    /** Keeps a copy of the facts, in their order. */
    public Event {
        context = Collections.unmodifiableMap(new LinkedHashMap<>(context));
    }

    /** A push of a tag. */
    public static Event push(String repository, String tag, String digest, Current current) {
        return of(new Operation.Write(repository, digest, List.of(new TagWrite(tag, current))));
    }

    /** A delete of a tag, by a host that does not remember deleted tags. */
    public static Event deleteTag(String repository, String tag) {
        return of(new Operation.DeleteTag(repository, tag, false));
    }

    /** An event without facts about the request. */
    public static Event of(Operation operation) {
        return new Event(operation, Map.of());
    }

    /** The event as the contract's JSON has it. */
    public String toJson() {
        JsonWriter json = new JsonWriter().beginObject();
        operation.write(json);
        if (!context.isEmpty()) {
            json.name("context").beginObject();
            context.forEach((key, value) -> json.name(key).value(value));
            json.endObject();
        }
        return json.endObject().toString();
    }
}
