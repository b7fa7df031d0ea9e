package tagseal.vectors;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import tagseal.contract.ChangedRule;
import tagseal.contract.Diagnostic;
import tagseal.contract.Refusal;
import tagseal.json.JsonException;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonArray;
import tagseal.json.JsonValue.JsonNumber;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonValue.JsonString;

/** Typed answers as JSON, in the form in which vectors expect them. */
final class AnswerJson {
    private AnswerJson() {}

    static JsonObject object(String name, JsonValue value) {
        return new JsonObject(Map.of(name, value));
    }

    static JsonValue diagnostics(List<Diagnostic> diagnostics) {
        return new JsonArray(diagnostics.stream().map(AnswerJson::diagnostic).toList());
    }

    static JsonObject refused(Refusal refusal) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("code", new JsonString(refusal.code()));
        members.put("message", new JsonString(refusal.message()));
        members.put("rule", number(refusal.rule()));
        members.put("diagnostics", diagnostics(refusal.diagnostics()));
        return object("refused", new JsonObject(members));
    }

    static JsonValue changedRule(ChangedRule rule) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("id", JsonNumber.of(rule.id()));
        members.put("rule", rule.rule().<JsonValue>map(JsonString::new).orElse(JsonValue.NULL));
        members.put("warnings", diagnostics(rule.warnings()));
        return new JsonObject(members);
    }

    /** A text as a value, or {@code null} where it is not JSON. */
    static JsonValue parsed(String text) {
        try {
            return JsonReader.read(text);
        } catch (JsonException error) {
            return JsonValue.NULL;
        }
    }

    private static JsonValue number(OptionalLong number) {
        return number.isPresent() ? JsonNumber.of(number.getAsLong()) : JsonValue.NULL;
    }

    private static JsonValue diagnostic(Diagnostic diagnostic) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("severity", new JsonString(diagnostic.severity().word()));
        members.put("pointer", new JsonString(diagnostic.pointer()));
        members.put("line", JsonNumber.of(diagnostic.line()));
        members.put("column", JsonNumber.of(diagnostic.column()));
        members.put("message", new JsonString(diagnostic.message()));
        members.put("help", new JsonString(diagnostic.help()));
        return new JsonObject(members);
    }
}
