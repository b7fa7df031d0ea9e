package tagseal.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tagseal.json.JsonValue.JsonArray;
import tagseal.json.JsonValue.JsonBoolean;
import tagseal.json.JsonValue.JsonNumber;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonValue.JsonString;

/**
 * Reads JSON from a text, value by value.
 *
 * <p>It accepts RFC 8259, but refuses a key that comes twice in an object, half of a surrogate pair, and values that are
 * nested more than {@value #MAX_DEPTH} deep.
 */
public final class JsonReader {
    /** The deepest nesting of lists and objects that is read. */
    public static final int MAX_DEPTH = 128;

    private final String text;
    private int position;

    /** Reads from the beginning of a text. */
    public JsonReader(String text) {
        this.text = text;
    }

    /** Reads a text that is one value. */
    public static JsonValue read(String text) {
        JsonReader reader = new JsonReader(text);
        JsonValue value = reader.value();
        reader.end();
        return value;
    }

    /** Where the reader is: the index of the next character. */
    public int position() {
        return position;
    }

    /** Goes on at another place of the text, where a value or a key begins. */
    public void seek(int index) {
        position = index;
    }

    /** Passes over white space. */
    public void space() {
        while (position < text.length() && " \t\n\r".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    /** Reads the beginning of an object. */
    public void beginObject() {
        expect('{');
    }

    /** Reads the next key of an object, or its end. {@code first} says that no key of it was read before. */
    public Optional<String> nextName(boolean first) {
        if (isEnd('}', first)) {
            return Optional.empty();
        }
        space();
        String name = string();
        expect(':');
        return Optional.of(name);
    }

    /** Reads the beginning of a list. */
    public void beginArray() {
        expect('[');
    }

    /** Whether another element of a list follows. {@code first} says that none of it was read before. */
    public boolean nextElement(boolean first) {
        return !isEnd(']', first);
    }

    /** Reads a value. */
    public JsonValue value() {
        return value(0);
    }

    /** Reads that nothing follows but white space. */
    public void end() {
        space();
        if (position < text.length()) {
            throw error("expected the end");
        }
    }

    private JsonValue value(int depth) {
        if (depth > MAX_DEPTH) {
            throw error("too deep a value");
        }
        space();
        char first = position < text.length() ? text.charAt(position) : ' ';
        return switch (first) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> new JsonString(string());
            case 't' -> word("true", new JsonBoolean(true));
            case 'f' -> word("false", new JsonBoolean(false));
            case 'n' -> word("null", JsonValue.NULL);
            default -> number();
        };
    }

    private JsonObject object(int depth) {
        beginObject();
        Map<String, JsonValue> members = new LinkedHashMap<>();
        for (Optional<String> name = nextName(true); name.isPresent(); name = nextName(false)) {
            if (members.putIfAbsent(name.get(), JsonValue.NULL) != null) {
                throw error("the key `" + name.get() + "` comes twice");
            }
            members.put(name.get(), value(depth + 1));
        }
        return new JsonObject(Collections.unmodifiableMap(members));
    }

    private JsonArray array(int depth) {
        beginArray();
        List<JsonValue> elements = new ArrayList<>();
        for (boolean more = nextElement(true); more; more = nextElement(false)) {
            elements.add(value(depth + 1));
        }
        return new JsonArray(Collections.unmodifiableList(elements));
    }

    private JsonValue word(String word, JsonValue value) {
        if (!text.startsWith(word, position)) {
            throw error("expected `" + word + "`");
        }
        position += word.length();
        return value;
    }

    private JsonNumber number() {
        int start = position;
        skip('-');
        if (!skip('0')) {
            digits();
        }
        if (skip('.')) {
            digits();
        }
        if (skip('e') || skip('E')) {
            if (!skip('+')) {
                skip('-');
            }
            digits();
        }
        return new JsonNumber(text.substring(start, position));
    }

    private void digits() {
        int start = position;
        while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
            position++;
        }
        if (position == start) {
            throw error("expected a value");
        }
    }

    private String string() {
        expect('"');
        int start = position;
        while (position < text.length()) {
            char letter = text.charAt(position);
            if (letter == '"') {
                return text.substring(start, position++);
            }
            if (letter == '\\' || letter < ' ') {
                return escaped(new StringBuilder(text.substring(start, position)));
            }
            position++;
        }
        throw error("expected `\"`");
    }

    private String escaped(StringBuilder letters) {
        while (position < text.length()) {
            char letter = text.charAt(position++);
            if (letter == '"') {
                return letters.toString();
            }
            if (letter < ' ') {
                throw error("a control character in a string");
            }
            if (letter == '\\') {
                escape(letters);
            } else {
                letters.append(letter);
            }
        }
        throw error("expected `\"`");
    }

    private void escape(StringBuilder letters) {
        char letter = position < text.length() ? text.charAt(position++) : ' ';
        switch (letter) {
            case '"', '\\', '/' -> letters.append(letter);
            case 'n' -> letters.append('\n');
            case 'r' -> letters.append('\r');
            case 't' -> letters.append('\t');
            case 'b' -> letters.append('\b');
            case 'f' -> letters.append('\f');
            case 'u' -> unicode(letters);
            default -> throw error("an unknown escape");
        }
    }

    private void unicode(StringBuilder letters) {
        char first = codeUnit();
        letters.append(first);
        if (!Character.isSurrogate(first)) {
            return;
        }
        boolean hasSecond = Character.isHighSurrogate(first) && text.startsWith("\\u", position);
        position += hasSecond ? 2 : 0;
        char second = hasSecond ? codeUnit() : ' ';
        if (!Character.isLowSurrogate(second)) {
            throw error("half of a surrogate pair");
        }
        letters.append(second);
    }

    private char codeUnit() {
        int code = 0;
        for (int count = 0; count < 4; count++) {
            int digit = position < text.length() ? Character.digit(text.charAt(position), 16) : -1;
            if (digit < 0 || text.charAt(position) > 'f') {
                throw error("expected four hex digits");
            }
            code = code << 4 | digit;
            position++;
        }
        return (char) code;
    }

    private boolean isEnd(char bracket, boolean first) {
        space();
        if (skip(bracket)) {
            return true;
        }
        if (!first) {
            expect(',');
        }
        return false;
    }

    private boolean skip(char letter) {
        if (position < text.length() && text.charAt(position) == letter) {
            position++;
            return true;
        }
        return false;
    }

    private void expect(char letter) {
        space();
        if (!skip(letter)) {
            throw error("expected `" + letter + "`");
        }
    }

    private JsonException error(String message) {
        return new JsonException(message, position);
    }
}
