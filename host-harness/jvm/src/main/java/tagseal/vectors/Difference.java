package tagseal.vectors;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonArray;
import tagseal.json.JsonValue.JsonObject;

/** Where an answer is not what was expected. */
final class Difference {
    private static final int MAX_SHOWN = 600;

    private Difference() {}

    /** Compares part by part: an object has at least the expected fields, and everything else is equal. */
    static List<String> find(JsonValue expected, JsonValue found) {
        List<String> differences = new ArrayList<>();
        compare("", expected, found, differences);
        return differences;
    }

    private static void compare(String place, JsonValue expected, JsonValue found, List<String> differences) {
        if (expected instanceof JsonObject wanted && found instanceof JsonObject object) {
            for (Map.Entry<String, JsonValue> member : wanted.members().entrySet()) {
                String inner = place + "/" + member.getKey();
                object.get(member.getKey())
                        .ifPresentOrElse(
                                value -> compare(inner, member.getValue(), value, differences),
                                () -> differences.add(
                                        inner + ": expected " + show(member.getValue()) + ", found nothing"));
            }
        } else if (expected instanceof JsonArray wanted
                && found instanceof JsonArray array
                && wanted.elements().size() == array.elements().size()) {
            for (int index = 0; index < wanted.elements().size(); index++) {
                compare(
                        place + "/" + index,
                        wanted.elements().get(index),
                        array.elements().get(index),
                        differences);
            }
        } else if (!expected.equals(found)) {
            differences.add(
                    (place.isEmpty() ? "" : place + ": ") + "expected " + show(expected) + ", found " + show(found));
        }
    }

    private static String show(JsonValue value) {
        String text = value.toString();
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
    }
}
