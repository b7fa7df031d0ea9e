package tagseal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tagseal.contract.Current;
import tagseal.contract.Event;

/** Input that is broken: a typed exception or a denial, never a crash, never an allowance. */
final class BadInputTest {
    private static final int JUNK_BYTES = 100_000_000;

    private static LoadException refusal(byte[] bytes) {
        return assertThrows(LoadException.class, () -> Component.load(bytes, Fixtures.patient()));
    }

    /** The packaged component with each place of a text replaced by another of the same length. */
    private static byte[] altered(String from, String to) {
        String bytes = new String(PackagedComponent.bytes(), StandardCharsets.ISO_8859_1);
        assertTrue(bytes.contains(from), from);
        return bytes.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void aTruncatedComponentIsRefusedWhereverItIsCut() {
        byte[] bytes = PackagedComponent.bytes();
        Random random = new Random(1);
        for (int turn = 0; turn < 300; turn++) {
            int length =
                    turn < 100 ? turn : turn < 200 ? bytes.length - 1 - turn % 100 * 30 : random.nextInt(bytes.length);
            LoadException refusal = refusal(Arrays.copyOf(bytes, length));
            boolean isCutBetweenSections = refusal.reason() == LoadException.Reason.OTHER_INTERFACE;
            assertTrue(
                    isCutBetweenSections || refusal.reason() == LoadException.Reason.NOT_A_COMPONENT,
                    length + " bytes: " + refusal.getMessage());
        }
    }

    @Test
    void aComponentWithFlippedBitsIsRefusedOrNeverAllows() throws Exception {
        byte[] bytes = PackagedComponent.bytes();
        Random random = new Random(2);
        // The engine's code takes nearly all of the file. What wires it is after it, and that is what this is about.
        int wiring = bytes.length - 9_000;
        for (int turn = 0; turn < 300; turn++) {
            byte[] flipped = bytes.clone();
            flipped[wiring + random.nextInt(9_000)] ^= (byte) (1 << random.nextInt(8));
            try {
                Policy policy = Component.load(flipped, Fixtures.patient()).compile(Fixtures.DOCUMENT);
                assertFalse(policy.evaluate(Fixtures.move()).isAllowed());
                policy.close();
            } catch (TagsealException expected) {
                assertFalse(expected.getMessage().isEmpty());
            }
        }
    }

    @Test
    void aComponentOfAnOlderContractIsRefused() {
        LoadException refusal = refusal(altered("tag-policy@0.2.0", "tag-policy@0.1.0"));
        assertEquals(LoadException.Reason.OTHER_INTERFACE, refusal.reason());
        assertEquals(List.of("tagseal:policy/tag-policy@0.2.0"), refusal.names());
    }

    @Test
    void aComponentWithOtherTypesIsRefused() {
        LoadException refusal = refusal(altered("remembers", "remembert"));
        assertEquals(LoadException.Reason.OTHER_INTERFACE, refusal.reason());
        assertEquals(List.of("[method]policy.evaluate", "[method]policy.evaluate-batch"), refusal.names());
    }

    @Test
    void whatIsNotAComponentIsRefused() {
        byte[] coreModule = {0, 'a', 's', 'm', 1, 0, 0, 0};
        byte[] onlyPreamble = {0, 'a', 's', 'm', 13, 0, 1, 0};
        assertEquals(LoadException.Reason.NOT_A_COMPONENT, refusal(coreModule).reason());
        assertEquals(LoadException.Reason.OTHER_INTERFACE, refusal(onlyPreamble).reason());
        assertEquals(LoadException.Reason.NOT_A_COMPONENT, refusal(new byte[0]).reason());
        assertEquals(
                LoadException.Reason.NOT_A_COMPONENT,
                refusal("#!/bin/sh".getBytes(StandardCharsets.UTF_8)).reason());
    }

    @Test
    void junkIsRefusedWhateverItsSize() {
        byte[] junk = new byte[JUNK_BYTES];
        new Random(3).nextBytes(junk);
        assertEquals(LoadException.Reason.SIZE, refusal(junk).reason());
        System.arraycopy(PackagedComponent.bytes(), 0, junk, 0, 8);
        Settings large = Fixtures.patient().withComponent(1 << 30);
        LoadException refusal = assertThrows(LoadException.class, () -> Component.load(junk, large));
        assertEquals(LoadException.Reason.NOT_A_COMPONENT, refusal.reason());
    }

    @Test
    void junkInPlaceOfADocumentAChangeOrAnEventIsRefused() throws Exception {
        Component component = Fixtures.packaged();
        String junk = "x".repeat(JUNK_BYTES);
        assertThrows(InvalidDocumentException.class, () -> component.compile(junk));
        RefusedException refused =
                assertThrows(RefusedException.class, () -> component.changeRules(Fixtures.DOCUMENT, junk));
        assertEquals("invalid", refused.refusal().code());
        try (Policy policy = component.compile(Fixtures.DOCUMENT)) {
            assertTrue(policy.evaluateJson(junk).contains("\"code\":\"malformed\""));
        }
    }

    @Test
    void anInvalidPolicyIsRefusedWithEveryProblem() throws Exception {
        InvalidDocumentException error = assertThrows(InvalidDocumentException.class, () -> Fixtures.packaged()
                .compile("{\"version\": 1, \"rules\": [{\"id\": 0}], \"more\": 1}"));
        assertTrue(error.diagnostics().size() > 1, error.diagnostics().toString());
    }

    @Test
    void aTextWithHalfOfASurrogatePairIsNotChangedIntoAnother() throws Exception {
        try (Policy policy = Fixtures.packaged().compile(Fixtures.DOCUMENT)) {
            CallException error = assertThrows(CallException.class, () -> policy.evaluateJson("\"\ud800\""));
            assertEquals(CallException.Kind.TEXT, error.kind());
            assertFalse(policy.evaluate(Event.deleteTag("prod/\ud800", "v1")).isAllowed());
        }
    }

    @Test
    void aWordIsNotTakenForADigest() {
        assertThrows(IllegalArgumentException.class, () -> Current.digest("absent"));
        assertThrows(IllegalArgumentException.class, () -> Current.digest("unknown"));
    }

    @Test
    void aComponentThatIsNotCompiledInTimeIsRefused() {
        Settings hurried = Settings.defaults().withCompileDeadline(Duration.ZERO);
        LoadException refusal =
                assertThrows(LoadException.class, () -> Component.load(PackagedComponent.bytes(), hurried));
        assertEquals(LoadException.Reason.DEADLINE, refusal.reason());
    }

    @Test
    void whoeverIsInterruptedWhileLoadingLearnsItAndStaysInterrupted() {
        Thread.currentThread().interrupt();
        LoadException refusal = refusal(PackagedComponent.bytes());
        assertTrue(Thread.interrupted());
        assertEquals(LoadException.Reason.INTERRUPTED, refusal.reason());
    }

    @Test
    void aFileThatIsNotThereIsUnreadable() {
        LoadException error =
                assertThrows(LoadException.class, () -> Component.load(Path.of("no such file"), Settings.defaults()));
        assertEquals(LoadException.Reason.UNREADABLE, error.reason());
    }
}
