package tagseal.vectors;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tagseal.json.JsonException;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;

/**
 * A file of vectors.
 *
 * @param name the name of the file
 * @param kind of which kind they are
 * @param vectors the vectors
 */
record VectorFile(String name, Kind kind, List<TestVector> vectors) {
    private static final Set<String> FIELDS = Set.of("$schema", "kind", "about", "document", "vectors");

    private static final Map<String, Kind> KINDS = Map.of(
            "decide", new DecideKind(),
            "compile", new CompileKind(),
            "change", new ChangeKind(),
            "explain", new ExplainKind(),
            "list", new ListKind(),
            "import", new ImportKind(),
            "export", new ExportKind(),
            "match", new MatchKind());

    /** Reads a file. Fails for one that has anything that this runner does not know. */
    static VectorFile read(Path path) throws IOException {
        String name = path.getFileName().toString();
        try {
            return read(name, JsonReader.read(Files.readString(path)).asObject());
        } catch (JsonException | InvalidVectorException error) {
            throw new InvalidVectorException("`" + path + "`: " + error.getMessage());
        }
    }

    private static VectorFile read(String name, JsonObject json) {
        if (!FIELDS.containsAll(json.members().keySet())) {
            throw new InvalidVectorException("the file has an unknown field");
        }
        String word = field(json, "kind").asString();
        Kind kind = Optional.ofNullable(KINDS.get(word))
                .orElseThrow(() -> new InvalidVectorException("`" + word + "` is not a known kind"));
        Optional<JsonValue> document = json.get("document");
        List<TestVector> vectors = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonValue value : field(json, "vectors").asList()) {
            Map<String, JsonValue> fields = new LinkedHashMap<>(value.asObject().members());
            TestVector vector = new TestVector(field(value.asObject(), "name").asString(), fields, document);
            fields.remove("name");
            vector.checkFields(kind.fields());
            if (!names.add(vector.name())) {
                throw new InvalidVectorException("two vectors are called `" + vector.name() + "`");
            }
            vectors.add(vector);
        }
        return new VectorFile(name, kind, vectors);
    }

    private static JsonValue field(JsonObject json, String key) {
        return json.get(key).orElseThrow(() -> new InvalidVectorException("`" + key + "` is missing"));
    }
}
