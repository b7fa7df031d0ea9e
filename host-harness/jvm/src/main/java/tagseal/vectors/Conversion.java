package tagseal.vectors;

import java.util.Optional;
import java.util.Set;
import tagseal.CallException;
import tagseal.Component;
import tagseal.RefusedException;
import tagseal.contract.Converted;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;

/** What imports and exports have in common. */
final class Conversion {
    /** One of the two directions. */
    @FunctionalInterface
    interface Direction {
        Converted convert(String format, String text, String options) throws RefusedException, CallException;
    }

    private Conversion() {}

    static Direction imports(Component component) {
        return component::importRules;
    }

    static Direction exports(Component component) {
        return component::exportRules;
    }

    /** The result of the way back, or its refusal. */
    static JsonValue back(Direction direction, String format, String text, String options) throws CallException {
        try {
            return AnswerJson.parsed(direction.convert(format, text, options).text());
        } catch (RefusedException error) {
            return AnswerJson.refused(error.refusal());
        }
    }

    /** Some fields of an answer are compared whole: they have nothing more than is expected. */
    static void checkWhole(
            Invariants invariants, TestVector vector, String name, JsonObject found, Set<String> fields) {
        Optional<JsonValue> expected = vector.optional(name);
        if (expected.isEmpty()) {
            return;
        }
        for (String field : fields) {
            Optional<JsonValue> value = expected.get().asObject().get(field).map(Shorthand::expand);
            invariants.require(
                    value.isEmpty() || value.equals(found.get(field)),
                    "exactly `" + field + "` as it is in the vector, found "
                            + found.get(field).orElse(JsonValue.NULL));
        }
    }
}
