package tagseal.contract;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonWriter;

/** Reads and writes what decisions about events and about tags have in common: which rule decided, and by which pair. */
final class DecidedBy {
    private DecidedBy() {}

    static OptionalLong rule(JsonObject decision) {
        return present(decision, "rule")
                .map(JsonValue::asUnsigned)
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
    }

    static Optional<String> namespace(JsonObject decision) {
        return present(decision, "namespace").map(JsonValue::asString);
    }

    static OptionalInt pair(JsonObject decision) {
        Optional<Integer> pair =
                present(decision, "pair").map(JsonValue::asUnsigned).map(Math::toIntExact);
        return pair.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    static void write(JsonWriter json, OptionalLong rule, Optional<String> namespace, OptionalInt pair) {
        json.name("rule");
        rule.ifPresentOrElse(json::unsigned, json::nothing);
        json.name("namespace");
        namespace.ifPresentOrElse(json::value, json::nothing);
        json.name("pair");
        pair.ifPresentOrElse(json::unsigned, json::nothing);
    }

    private static Optional<JsonValue> present(JsonObject decision, String key) {
        return decision.get(key).filter(value -> !value.equals(JsonValue.NULL));
    }
}
