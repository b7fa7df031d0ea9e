package tagseal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tagseal.LoadException.Reason;
import tagseal.contract.Decision;
import tagseal.json.JsonReader;
import tagseal.json.JsonValue;
import tagseal.json.JsonValue.JsonObject;

/** Broken input, from the list that the tests of every host read: a typed exception or a denial, never an allowance. */
final class BadInputListTest {
    private static final JsonObject LIST = list();
    private static final int JUNK_BYTES = (int) value("junk-bytes").asUnsigned();
    private static final byte[] HEADER = {0, 'a', 's', 'm', 13, 0, 1, 0};

    /** The words of the list for why a component is refused. */
    private static final Map<String, Reason> REASONS = Map.of(
            "not-a-component", Reason.NOT_A_COMPONENT,
            "imports", Reason.IMPORTS,
            "interface", Reason.OTHER_INTERFACE);

    private static JsonObject list() {
        Path vectors = Path.of(System.getProperty("tagseal.vectors"));
        try {
            return JsonReader.read(Files.readString(vectors.resolveSibling("hostile/bad-input.json")))
                    .asObject();
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private static JsonValue value(String key) {
        return LIST.get(key).orElseThrow();
    }

    private static List<String> texts(String key) {
        return value(key).asList().stream().map(JsonValue::asString).toList();
    }

    private static List<String> textsAndJunk(String key) {
        return Stream.concat(texts(key).stream(), Stream.of("x".repeat(JUNK_BYTES)))
                .toList();
    }

    private static String start(String text) {
        return text.substring(0, Math.min(text.length(), 80));
    }

    private static Reason refusal(byte[] bytes, Settings settings) {
        return assertThrows(LoadException.class, () -> Component.load(bytes, settings))
                .reason();
    }

    @Test
    void badComponentsAreRefused() throws Exception {
        Map<String, JsonValue> components = value("components").asObject().members();
        assertFalse(components.isEmpty());
        for (Map.Entry<String, JsonValue> each : components.entrySet()) {
            Reason expected = REASONS.get(each.getValue().asString());
            assertEquals(expected, refusal(Fixtures.hostile(each.getKey()), Fixtures.patient()), each.getKey());
        }
        for (String text : texts("not-components")) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            assertEquals(Reason.NOT_A_COMPONENT, refusal(bytes, Fixtures.patient()), text);
        }
    }

    @Test
    void aComponentThatIsCutAnywhereIsRefused() {
        byte[] bytes = PackagedComponent.bytes();
        Set<Reason> expected = EnumSet.of(Reason.NOT_A_COMPONENT, Reason.OTHER_INTERFACE);
        for (JsonValue perMille : value("cut-after-per-mille").asList()) {
            int length = (int) (bytes.length * perMille.asUnsigned() / 1000);
            Reason reason = refusal(Arrays.copyOf(bytes, length), Fixtures.patient());
            assertTrue(expected.contains(reason), length + " bytes: " + reason);
        }
    }

    @Test
    void junkIsNoComponentWhateverItsSize() {
        byte[] junk = new byte[JUNK_BYTES];
        Arrays.fill(junk, (byte) 0xff);
        for (byte[] start : List.of(new byte[0], HEADER)) {
            System.arraycopy(start, 0, junk, 0, start.length);
            assertEquals(Reason.SIZE, refusal(junk, Fixtures.patient()));
            assertEquals(
                    Reason.NOT_A_COMPONENT, refusal(junk, Fixtures.patient().withComponent(1 << 30)));
        }
    }

    @Test
    void badDocumentsAreInvalid() throws Exception {
        Component component = Fixtures.packaged();
        for (String text : textsAndJunk("documents")) {
            InvalidDocumentException error =
                    assertThrows(InvalidDocumentException.class, () -> component.compile(text), start(text));
            assertFalse(error.diagnostics().isEmpty(), start(text));
        }
    }

    /** The policy has no rules, so it allows whatever it understands. */
    @Test
    void badEventsAreDenied() throws Exception {
        try (Policy policy =
                Fixtures.packaged().compile(value("allowing-document").asString())) {
            for (String text : textsAndJunk("events")) {
                Decision decision = Decision.read(policy.evaluateJson(text));
                assertFalse(decision.isAllowed(), start(text));
                assertEquals("malformed", decision.code(), start(text));
            }
        }
    }
}
