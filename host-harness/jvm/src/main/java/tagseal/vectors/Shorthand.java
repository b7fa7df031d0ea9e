package tagseal.vectors;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonArray;
import tagseal.json.JsonValue.JsonNumber;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonValue.JsonString;
import tagseal.json.JsonWriter;

/** What vectors write in short: long digests, joined strings, repeated elements. */
final class Shorthand {
    private static final Pattern DIGEST = Pattern.compile("((?:sha256|sha512|blake3):|(?:sha256|sha512)-)([0-9a-f]+)…");

    /** The most times that something small is repeated. */
    private static final int MAX_SMALL_TIMES = 100_000;

    private Shorthand() {}

    /** Whether a value repeats anything so often that it takes much memory. */
    static boolean isLarge(JsonValue value) {
        if (value instanceof JsonArray array) {
            return array.elements().stream().anyMatch(Shorthand::isLarge);
        }
        if (value instanceof JsonObject object) {
            return repeat(object).map(Shorthand::times).orElse(0) > MAX_SMALL_TIMES
                    || object.members().values().stream().anyMatch(Shorthand::isLarge);
        }
        return false;
    }

    /** Writes a value out in full. */
    static JsonValue expand(JsonValue value) {
        return expand(value, OptionalInt.empty());
    }

    /** Writes a value out in full, as JSON. A million elements are never all in memory at once, only their text. */
    static String json(JsonValue value) {
        JsonWriter json = new JsonWriter();
        write(json, value, OptionalInt.empty());
        return json.toString();
    }

    /** Writes a text out in full. A list is its lines. */
    static String text(JsonValue value) {
        if (value instanceof JsonArray lines) {
            List<String> texts = new ArrayList<>();
            for (JsonValue line : elements(lines.elements(), OptionalInt.empty())) {
                texts.add(string(line));
            }
            return String.join("\n", texts);
        }
        return string(expand(value));
    }

    private static JsonValue expand(JsonValue value, OptionalInt number) {
        if (value instanceof JsonString string) {
            return expand(string.value(), number);
        }
        if (value instanceof JsonArray array) {
            return new JsonArray(elements(array.elements(), number));
        }
        if (value instanceof JsonObject object) {
            Optional<JsonValue> parts = object.get("$join");
            if (parts.isPresent()) {
                return new JsonString(join(parts.get().asList(), number));
            }
            Map<String, JsonValue> members = new LinkedHashMap<>();
            object.members().forEach((key, member) -> members.put(checkKey(key), expand(member, number)));
            return new JsonObject(members);
        }
        return value;
    }

    private static JsonValue expand(String text, OptionalInt number) {
        if (number.isPresent() && text.equals("$n")) {
            return JsonNumber.of(number.getAsInt());
        }
        String full = lengthen(text);
        return new JsonString(number.isPresent() ? full.replace("$n", String.valueOf(number.getAsInt())) : full);
    }

    private static void write(JsonWriter json, JsonValue value, OptionalInt number) {
        if (value instanceof JsonArray array) {
            json.beginArray();
            for (JsonValue part : array.elements()) {
                Optional<JsonObject> repeat = repeat(part);
                if (repeat.isPresent()) {
                    checkNotNested(number);
                    int times = times(repeat.get());
                    for (int count = 1; count <= times; count++) {
                        write(json, repeated(repeat.get()), OptionalInt.of(count));
                    }
                } else {
                    write(json, part, number);
                }
            }
            json.endArray();
        } else if (value instanceof JsonObject object && object.get("$join").isEmpty()) {
            json.beginObject();
            object.members().forEach((key, member) -> write(json.name(checkKey(key)), member, number));
            json.endObject();
        } else {
            json.value(expand(value, number));
        }
    }

    private static List<JsonValue> elements(List<JsonValue> parts, OptionalInt number) {
        List<JsonValue> elements = new ArrayList<>();
        for (JsonValue part : parts) {
            Optional<JsonObject> repeat = repeat(part);
            if (repeat.isPresent()) {
                checkNotNested(number);
                int times = times(repeat.get());
                for (int count = 1; count <= times; count++) {
                    elements.add(expand(repeated(repeat.get()), OptionalInt.of(count)));
                }
            } else {
                elements.add(expand(part, number));
            }
        }
        return elements;
    }

    private static String join(List<JsonValue> parts, OptionalInt number) {
        StringBuilder joined = new StringBuilder();
        for (JsonValue part : parts) {
            Optional<JsonObject> repeat = repeat(part);
            if (repeat.isPresent()) {
                checkNotNested(number);
                append(joined, repeated(repeat.get()), times(repeat.get()));
            } else {
                joined.append(string(expand(part, number)));
            }
        }
        return joined.toString();
    }

    private static void append(StringBuilder joined, JsonValue element, int times) {
        if (!element.toString().contains("$n")) {
            String text = string(expand(element));
            // Room for exactly as much as there will be: some of these texts are 256 MiB long.
            joined.ensureCapacity(joined.length() + text.length() * times + 16);
            for (int count = 0; count < times; count++) {
                joined.append(text);
            }
            return;
        }
        for (int count = 1; count <= times; count++) {
            joined.append(string(expand(element, OptionalInt.of(count))));
        }
    }

    private static Optional<JsonObject> repeat(JsonValue part) {
        return part instanceof JsonObject object && object.get("$repeat").isPresent()
                ? Optional.of(object)
                : Optional.empty();
    }

    private static JsonValue repeated(JsonObject repeat) {
        return repeat.get("$repeat").orElseThrow();
    }

    private static int times(JsonObject repeat) {
        long times = repeat.get("times")
                .orElseThrow(() -> new InvalidVectorException("a `$repeat` has no `times`"))
                .asUnsigned();
        return Math.toIntExact(times);
    }

    private static void checkNotNested(OptionalInt number) {
        if (number.isPresent()) {
            throw new InvalidVectorException("a `$repeat` is within another");
        }
    }

    private static String checkKey(String key) {
        if (key.startsWith("$")) {
            throw new InvalidVectorException("the key `" + key + "` is unknown");
        }
        return key;
    }

    private static String string(JsonValue value) {
        return value instanceof JsonNumber number ? number.digits() : value.asString();
    }

    private static String lengthen(String text) {
        if (text.indexOf('…') < 0) {
            return text;
        }
        return DIGEST.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(digest(found.group(1), found.group(2))));
    }

    private static String digest(String start, String digits) {
        int length = start.equals("sha512:") ? 128 : 64;
        String last = digits.substring(digits.length() - 1);
        return start + digits + last.repeat(Math.max(length - digits.length(), 0));
    }
}
