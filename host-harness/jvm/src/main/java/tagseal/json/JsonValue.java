package tagseal.json;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A value of JSON. Two are equal when their contents are, whatever the order of keys. */
public sealed interface JsonValue {
    /** {@code null}. */
    JsonValue NULL = new JsonNull();

    /** {@code null}. */
    record JsonNull() implements JsonValue {
        @Override
        public String toString() {
            return "null";
        }
    }

    /** {@code true} or {@code false}. */
    record JsonBoolean(boolean value) implements JsonValue {
        @Override
        public String toString() {
            return String.valueOf(value);
        }
    }

    /** A number, with the digits that it was written with. */
    record JsonNumber(String digits) implements JsonValue {
        /** A whole number. */
        public static JsonNumber of(long value) {
            return new JsonNumber(Long.toUnsignedString(value));
        }

        @Override
        public String toString() {
            return digits;
        }
    }

    /** A string. */
    record JsonString(String value) implements JsonValue {
        @Override
        public String toString() {
            return JsonWriter.write(this);
        }
    }

    /** A list. */
    record JsonArray(List<JsonValue> elements) implements JsonValue {
        @Override
        public String toString() {
            return JsonWriter.write(this);
        }
    }

    /** An object, with its keys in the order in which they were written. */
    record JsonObject(Map<String, JsonValue> members) implements JsonValue {
        /** The value of a key, if the object has it. */
        public Optional<JsonValue> get(String key) {
            return Optional.ofNullable(members.get(key));
        }

        @Override
        public String toString() {
            return JsonWriter.write(this);
        }
    }

    /** The value as an object. Fails for another value. */
    default JsonObject asObject() {
        return as(JsonObject.class, "an object");
    }

    /** The elements of the value as a list. Fails for another value. */
    default List<JsonValue> asList() {
        return as(JsonArray.class, "a list").elements();
    }

    /** The value as a string. Fails for another value. */
    default String asString() {
        return as(JsonString.class, "a string").value();
    }

    /** The value as {@code true} or {@code false}. Fails for another value. */
    default boolean asBoolean() {
        return as(JsonBoolean.class, "true or false").value();
    }

    /** The value as a whole number from 0 to 2<sup>64</sup> - 1, with the bits of an unsigned one. Fails for another. */
    default long asUnsigned() {
        String digits = as(JsonNumber.class, "a number").digits();
        try {
            return Long.parseUnsignedLong(digits);
        } catch (NumberFormatException error) {
            throw new JsonException("expected a whole number, found " + digits);
        }
    }

    private <T extends JsonValue> T as(Class<T> type, String expected) {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        String found = toString();
        throw new JsonException(
                "expected " + expected + ", found " + (found.length() > 100 ? found.substring(0, 100) + "..." : found));
    }
}
