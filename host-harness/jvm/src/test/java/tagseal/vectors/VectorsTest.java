package tagseal.vectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tagseal.Component;
import tagseal.Fixtures;
import tagseal.Settings;
import tagseal.json.JsonReader;
import tagseal.vectors.VectorRunner.Result;

/** All conformance vectors, each a test under its own name, and the runner itself. */
final class VectorsTest {
    private static final Settings SETTINGS = Settings.defaults()
            .withCompileDeadline(Duration.ofMinutes(10))
            .withDecisionDeadline(Duration.ofMinutes(1))
            .withMemory(2L << 30)
            .withAnswer(512L << 20)
            .withInstances(1);

    private static List<Result> run(Path path) throws Exception {
        List<Result> results = new ArrayList<>();
        new VectorRunner(Component.packaged(SETTINGS)).run(path, name -> true, results::add);
        return results;
    }

    @TestFactory
    Stream<DynamicTest> vectors() throws Exception {
        List<Result> results = run(Path.of(System.getProperty("tagseal.vectors")));
        assertTrue(results.size() > 1_000, "only " + results.size() + " vectors were found");
        return results.stream()
                .map(result -> DynamicTest.dynamicTest(
                        name(result), () -> assertEquals(List.of(), result.faults(), name(result))));
    }

    private static String name(Result result) {
        return result.file() + ": " + result.name();
    }

    private static Path file(Path folder, String vectors) throws IOException {
        String text = "{\"kind\": \"decide\", \"document\": " + Fixtures.DOCUMENT + ", \"vectors\": [" + vectors + "]}";
        return Files.writeString(folder.resolve("some.json"), text);
    }

    @Test
    void aVectorThatExpectsSomethingElseFails(@TempDir Path folder) throws Exception {
        String event = "\"event\": {\"delete-tag\": {\"repository\": \"prod/app\", \"tag\": \"v1\"}}";
        Path path = file(
                folder,
                "{\"name\": \"a\", " + event + ", \"decision\": {\"outcome\": \"allow\"}}, {\"name\": \"b\", " + event
                        + ", \"decision\": {\"outcome\": \"deny\", \"tags\": []}}, {\"name\": \"c\", " + event
                        + ", \"decision\": {\"outcome\": \"deny\", \"code\": \"immutable\"}}");
        List<Boolean> passes = run(path).stream().map(Result::passes).toList();
        assertEquals(List.of(false, false, true), passes);
    }

    @Test
    void aFileWithAnythingUnknownIsRefused(@TempDir Path folder) throws Exception {
        String event = "\"text\": \"{}\", \"decision\": {}";
        for (String vectors : List.of(
                "{\"name\": \"a\", \"more\": 1, " + event + "}",
                "{\"name\": \"a\", " + event + "}, {\"name\": \"a\", " + event + "}",
                "{" + event + "}")) {
            Path path = file(folder, vectors);
            assertThrows(InvalidVectorException.class, () -> run(path), vectors);
        }
    }

    @Test
    void shortFormsAreWrittenOut() {
        String expanded = Shorthand.json(
                JsonReader.read(
                        """
                {"a": [{"$repeat": {"id": "$n", "name": "n$n"}, "times": 2}], "b": {"$join": ["x", {"$repeat": "$n", "times": 3}]},
                 "c": "sha256-ab…"}
                """));
        assertEquals(
                "{\"a\":[{\"id\":1,\"name\":\"n1\"},{\"id\":2,\"name\":\"n2\"}],\"b\":\"x123\",\"c\":\"sha256-a"
                        + "b".repeat(63) + "\"}",
                expanded);
    }
}
