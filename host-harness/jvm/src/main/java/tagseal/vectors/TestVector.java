package tagseal.vectors;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;

/**
 * One vector: what is asked, and what is expected.
 *
 * @param name a sentence
 * @param fields its other fields
 * @param fileDocument the document at the head of its file, for vectors without one of their own
 */
record TestVector(String name, Map<String, JsonValue> fields, Optional<JsonValue> fileDocument) {
    /** Fails for a vector that has a field of another name. */
    void checkFields(Set<String> known) {
        for (String field : fields.keySet()) {
            if (!known.contains(field)) {
                throw new InvalidVectorException("`" + name + "` has an unknown field `" + field + "`");
            }
        }
    }

    /** Whether it takes so much memory, written out, that no other of the kind should be asked at the same time. */
    boolean isLarge() {
        return fields.values().stream().anyMatch(Shorthand::isLarge)
                || fileDocument.filter(Shorthand::isLarge).isPresent();
    }

    /** A field that must be there. */
    JsonValue field(String field) {
        return optional(field)
                .orElseThrow(() -> new InvalidVectorException("`" + name + "` has no field `" + field + "`"));
    }

    /** A field that may be there. */
    Optional<JsonValue> optional(String field) {
        return Optional.ofNullable(fields.get(field));
    }

    /** A text that is written as JSON under one name, or as it is under another. */
    String input(String jsonField, String textField) {
        if (optional(jsonField).isPresent() == optional(textField).isPresent()) {
            throw new InvalidVectorException("`" + name + "` needs one of `" + jsonField + "` and `" + textField + "`");
        }
        return optional(jsonField).map(Shorthand::json).orElseGet(() -> Shorthand.text(field(textField)));
    }

    /** The text of the document, which may stand at the head of the file. */
    String document() {
        if (optional("document").isPresent() || optional("document-text").isPresent()) {
            return input("document", "document-text");
        }
        return fileDocument
                .map(Shorthand::json)
                .orElseThrow(() -> new InvalidVectorException("`" + name + "` has no `document`"));
    }

    /** The options of an import or an export. */
    String options() {
        boolean isGiven =
                optional("options").isPresent() || optional("options-text").isPresent();
        return isGiven ? input("options", "options-text") : "{}";
    }

    /**
     * What is expected, in an object under its name: it is the one of these fields that the vector has. {@code texts} are
     * the fields of it that are texts.
     */
    JsonObject expected(Set<String> texts, String... names) {
        Map<String, JsonValue> expected = new java.util.LinkedHashMap<>();
        for (String each : names) {
            optional(each).ifPresent(value -> expected.put(each, expand(value, texts)));
        }
        if (expected.size() != 1) {
            throw new InvalidVectorException("`" + name + "` needs one of `" + String.join("`, `", names) + "`");
        }
        return new JsonObject(expected);
    }

    private static JsonValue expand(JsonValue value, Set<String> texts) {
        if (!(value instanceof JsonObject object)) {
            return Shorthand.expand(value);
        }
        Map<String, JsonValue> members = new java.util.LinkedHashMap<>();
        object.members()
                .forEach((key, member) -> members.put(
                        key,
                        texts.contains(key)
                                ? new JsonValue.JsonString(Shorthand.text(member))
                                : Shorthand.expand(member)));
        return new JsonObject(members);
    }
}
