package tagseal.json;

import java.util.Map;

/** Writes JSON without white space, in the form in which the component writes it. */
public final class JsonWriter {
    private static final String HEX = "0123456789abcdef";

    private final StringBuilder out = new StringBuilder(256);
    /** Whether the next key or element needs a comma before it. */
    private boolean following;

    /** Writes one value. */
    public static String write(JsonValue value) {
        return new JsonWriter().value(value).toString();
    }

    /** Begins an object. */
    public JsonWriter beginObject() {
        return open('{');
    }

    /** Ends an object. */
    public JsonWriter endObject() {
        return close('}');
    }

    /** Begins a list. */
    public JsonWriter beginArray() {
        return open('[');
    }

    /** Ends a list. */
    public JsonWriter endArray() {
        return close(']');
    }

    /** Writes a key. Its value must follow. */
    public JsonWriter name(String name) {
        separate();
        quote(name);
        out.append(':');
        following = false;
        return this;
    }

    /** Writes a string. */
    public JsonWriter value(String text) {
        separate();
        quote(text);
        return this;
    }

    /** Writes {@code true} or {@code false}. */
    public JsonWriter value(boolean value) {
        return literal(String.valueOf(value));
    }

    /** Writes a whole number without a sign. */
    public JsonWriter unsigned(long number) {
        return literal(Long.toUnsignedString(number));
    }

    /** Writes {@code null}. */
    public JsonWriter nothing() {
        return literal("null");
    }

    /** Writes a value that is JSON already. */
    public JsonWriter literal(CharSequence json) {
        separate();
        out.append(json);
        return this;
    }

    /** Writes a whole value. */
    public JsonWriter value(JsonValue value) {
        if (value instanceof JsonValue.JsonObject object) {
            beginObject();
            for (Map.Entry<String, JsonValue> member : object.members().entrySet()) {
                name(member.getKey()).value(member.getValue());
            }
            return endObject();
        }
        if (value instanceof JsonValue.JsonArray array) {
            beginArray();
            array.elements().forEach(this::value);
            return endArray();
        }
        return value instanceof JsonValue.JsonString string ? value(string.value()) : literal(value.toString());
    }

    @Override
    public String toString() {
        return out.toString();
    }

    private JsonWriter open(char bracket) {
        separate();
        out.append(bracket);
        following = false;
        return this;
    }

    private JsonWriter close(char bracket) {
        out.append(bracket);
        following = true;
        return this;
    }

    private void separate() {
        if (following) {
            out.append(',');
        }
        following = true;
    }

    private void quote(String text) {
        out.append('"');
        for (int index = 0; index < text.length(); index++) {
            char letter = text.charAt(index);
            switch (letter) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (letter < ' ') {
                        out.append("\\u00").append(HEX.charAt(letter >> 4)).append(HEX.charAt(letter & 15));
                    } else {
                        out.append(letter);
                    }
                }
            }
        }
        out.append('"');
    }
}
