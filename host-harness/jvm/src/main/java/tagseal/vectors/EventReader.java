package tagseal.vectors;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tagseal.contract.Current;
import tagseal.contract.Event;
import tagseal.contract.ManifestTags;
import tagseal.contract.Operation;
import tagseal.contract.TagWrite;
import tagseal.json.JsonException;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonBoolean;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonValue.JsonString;

/** Reads a text as a typed event, where it is one by its form. Its names may still be malformed. */
final class EventReader {
    /** The longest text that is an event. */
    private static final int MAX_EVENT_BYTES = 1 << 20;

    private EventReader() {}

    static Optional<Event> read(String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_EVENT_BYTES) {
            return Optional.empty();
        }
        try {
            JsonObject json = JsonReader.read(text).asObject();
            Map<String, String> context = new LinkedHashMap<>();
            json.get("context")
                    .ifPresent(facts ->
                            facts.asObject().members().forEach((key, value) -> context.put(key, value.asString())));
            int operations = json.members().size() - (json.get("context").isPresent() ? 1 : 0);
            return operations == 1 ? operation(json).map(it -> new Event(it, context)) : Optional.empty();
        } catch (JsonException error) {
            return Optional.empty();
        }
    }

    private static Optional<Operation> operation(JsonObject json) {
        return json.get("write")
                .map(value -> write(value.asObject()))
                .or(() -> json.get("delete-tag").map(value -> deleteTag(value.asObject())))
                .or(() -> json.get("delete-manifest").map(value -> deleteManifest(value.asObject())));
    }

    private static Operation write(JsonObject json) {
        checkKeys(json, Set.of("repository", "digest", "tags"));
        List<TagWrite> tags = required(json, "tags").asList().stream()
                .map(tag -> tagWrite(tag.asObject()))
                .toList();
        return new Operation.Write(text(json, "repository"), text(json, "digest"), tags);
    }

    private static TagWrite tagWrite(JsonObject json) {
        checkKeys(json, Set.of("tag", "current"));
        return new TagWrite(text(json, "tag"), current(required(json, "current")));
    }

    private static Current current(JsonValue json) {
        if (json instanceof JsonObject object) {
            checkKeys(object, Set.of("retired"));
            return Current.retired(text(object, "retired"));
        }
        return switch (json.asString()) {
            case "absent" -> Current.absent();
            case "unknown" -> Current.unknown();
            default -> Current.digest(json.asString());
        };
    }

    private static Operation deleteTag(JsonObject json) {
        checkKeys(json, Set.of("repository", "tag", "remembers"));
        return new Operation.DeleteTag(text(json, "repository"), text(json, "tag"), remembers(json));
    }

    private static Operation deleteManifest(JsonObject json) {
        checkKeys(json, Set.of("repository", "digest", "tags", "remembers"));
        JsonValue tags = required(json, "tags");
        ManifestTags known = tags.equals(new JsonString("unknown"))
                ? new ManifestTags.Unknown()
                : new ManifestTags.Known(
                        tags.asList().stream().map(JsonValue::asString).toList());
        return new Operation.DeleteManifest(text(json, "repository"), text(json, "digest"), known, remembers(json));
    }

    private static boolean remembers(JsonObject json) {
        return json.get("remembers").orElse(new JsonBoolean(false)).asBoolean();
    }

    private static String text(JsonObject json, String key) {
        return required(json, key).asString();
    }

    private static JsonValue required(JsonObject json, String key) {
        return json.get(key).orElseThrow(() -> new JsonException("`" + key + "` is missing"));
    }

    private static void checkKeys(JsonObject json, Set<String> known) {
        if (!known.containsAll(json.members().keySet())) {
            throw new JsonException("an unknown key");
        }
    }
}
