package tagseal.vectors;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tagseal.CallException;
import tagseal.contract.Event;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonArray;
import tagseal.json.JsonValue.JsonObject;
import tagseal.json.JsonValue.JsonString;
import tagseal.json.JsonWriter;
import tagseal.vectors.Subject.Compiled;

/** {@code match}: a pattern is matched against names, under {@code matches} and under {@code excludes}. */
final class MatchKind implements Kind {
    @Override
    public Set<String> fields() {
        return Set.of("of", "pattern", "matches", "misses");
    }

    @Override
    public JsonValue expected(TestVector vector) {
        Map<String, JsonValue> expected = new LinkedHashMap<>();
        expected.put("matches", names(vector, "matches"));
        expected.put("misses", names(vector, "misses"));
        return new JsonObject(expected);
    }

    @Override
    public Answer ask(TestVector vector, Subject subject) throws CallException {
        List<JsonValue> names = new ArrayList<>(names(vector, "matches").elements());
        names.addAll(names(vector, "misses").elements());
        List<String> byMatches = codes(vector, subject, "matches", names);
        List<String> byExcludes = codes(vector, subject, "excludes", names);
        List<JsonValue> matches = new ArrayList<>();
        List<JsonValue> misses = new ArrayList<>();
        Invariants invariants = new Invariants();
        for (int index = 0; index < names.size(); index++) {
            List<String> codes = List.of(byMatches.get(index), byExcludes.get(index));
            boolean isMatched = codes.equals(List.of("immutable", "unprotected"));
            invariants.require(
                    isMatched || codes.equals(List.of("unprotected", "immutable")),
                    "either a match or a miss of " + names.get(index) + ", found " + codes);
            (isMatched ? matches : misses).add(names.get(index));
        }
        Map<String, JsonValue> answer = new LinkedHashMap<>();
        answer.put("matches", new JsonArray(matches));
        answer.put("misses", new JsonArray(misses));
        return new Answer(new JsonObject(answer), invariants.faults());
    }

    private static JsonArray names(TestVector vector, String field) {
        JsonValue names = vector.optional(field).orElse(new JsonArray(List.of()));
        return new JsonArray(Shorthand.expand(names).asList());
    }

    private static List<String> codes(TestVector vector, Subject subject, String selector, List<JsonValue> names)
            throws CallException {
        boolean isOfTags = vector.field("of").equals(new JsonString("tags"));
        Compiled compiled = subject.compile(document(vector, selector, isOfTags));
        List<String> codes = new ArrayList<>();
        for (JsonValue name : names) {
            if (compiled.policy().isEmpty()) {
                codes.add(compiled.problems().orElseThrow().toString());
                continue;
            }
            String repository = isOfTags ? "a" : name.asString();
            String tag = isOfTags ? name.asString() : "a";
            codes.add(compiled.policy()
                    .get()
                    .tryEvaluate(Event.deleteTag(repository, tag))
                    .code());
        }
        return codes;
    }

    private static String document(TestVector vector, String selector, boolean isOfTags) {
        JsonValue pattern = Shorthand.expand(vector.field("pattern"));
        JsonWriter json = new JsonWriter().beginObject();
        json.name("version").unsigned(1).name("rules").beginArray().beginObject();
        json.name("id")
                .unsigned(1)
                .name("namespace")
                .value("*")
                .name("protects")
                .beginArray()
                .beginObject();
        for (String side : List.of("repositories", "tags")) {
            boolean isAsked = side.equals("tags") == isOfTags;
            json.name(side).beginObject().name(isAsked ? selector : "matches");
            json.value(isAsked ? pattern : new JsonString("**")).endObject();
        }
        return json.endObject().endArray().endObject().endArray().endObject().toString();
    }
}
