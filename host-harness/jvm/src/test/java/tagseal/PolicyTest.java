package tagseal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tagseal.contract.Changed;
import tagseal.contract.Current;
import tagseal.contract.Decision;
import tagseal.contract.Event;
import tagseal.contract.ManifestTags;
import tagseal.contract.Operation;
import tagseal.contract.Precondition;

/** What a policy does for the program that holds it. The vectors show what it decides. */
final class PolicyTest {
    @Test
    void aProtectedTagIsPushedOnce() throws Exception {
        try (Policy policy = Fixtures.packaged().compile(Fixtures.DOCUMENT)) {
            Decision first = policy.evaluate(Event.push("prod/app", "v1", Fixtures.DIGEST, Current.absent()));
            assertTrue(first.isAllowed());
            assertEquals(Precondition.ABSENT, first.tags().get(0).precondition());
            Decision second = policy.evaluate(Fixtures.move());
            assertFalse(second.isAllowed());
            assertEquals("immutable", second.code());
            assertEquals(1, second.rule().getAsLong());
            assertEquals(7, second.revision());
        }
    }

    @Test
    void aTypedEventIsDecidedAsTheSameEventInJson() throws Exception {
        ManifestTags known = new ManifestTags.Known(List.of("latest", "v1"));
        List<Operation> operations = List.of(
                new Operation.DeleteTag("prod/app", "v1", true),
                new Operation.DeleteManifest("prod/app", Fixtures.DIGEST, known, false),
                new Operation.DeleteManifest("prod/app", Fixtures.DIGEST, new ManifestTags.Unknown(), true));
        try (Policy policy = Fixtures.packaged().compile(Fixtures.DOCUMENT)) {
            for (Operation operation : operations) {
                Event event = new Event(operation, Map.of("time", "2026-12-01T18:00:00Z", "actor", "a \"name\""));
                Decision decision = policy.tryEvaluate(event);
                assertEquals(policy.evaluateJson(event.toJson()), decision.toJson());
                assertFalse(decision.code().equals("malformed"), decision.message());
            }
        }
    }

    @Test
    void manyThreadsAreAnsweredAlike() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Policy policy =
                Component.packaged(Fixtures.patient().withInstances(3)).compile(Fixtures.DOCUMENT)) {
            Decision expected = policy.evaluate(Fixtures.move());
            List<Callable<Decision>> calls = new ArrayList<>();
            for (int call = 0; call < 400; call++) {
                calls.add(() -> policy.evaluate(Fixtures.move()));
            }
            for (Future<Decision> call : threads.invokeAll(calls)) {
                assertEquals(expected, call.get());
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void aClosedPolicyDenies() throws Exception {
        Policy policy = Fixtures.packaged().compile(Fixtures.DOCUMENT);
        policy.close();
        assertEquals(
                "unavailable", policy.evaluate(Event.deleteTag("dev/app", "v1")).code());
        assertEquals(
                CallException.Kind.CLOSED,
                assertThrows(CallException.class, () -> policy.evaluateJson("{}"))
                        .kind());
    }

    @Test
    void whatCannotBeAskedIsDeniedAndCostsNoInstance() throws Exception {
        try (Policy policy = Fixtures.packaged().compile(Fixtures.DOCUMENT)) {
            long held = policy.idleBytes();
            Event[] events = {null, Event.deleteTag("prod/app", null), Event.deleteTag("prod/\ud800", "v1")};
            for (Event event : events) {
                assertEquals("unavailable", policy.evaluate(event).code());
            }
            for (String text : new String[] {null, "\ud800"}) {
                CallException error = assertThrows(CallException.class, () -> policy.evaluateJson(text));
                assertEquals(CallException.Kind.TEXT, error.kind());
            }
            assertEquals(held, policy.idleBytes());
        }
    }

    @Test
    void aPolicyIsClosedWhileManyAsk() throws Exception {
        Policy policy = Fixtures.packaged().compile(Fixtures.DOCUMENT);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<String>> answers = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                answers.add(threads.submit(() -> {
                    String code = "";
                    while (!code.equals("unavailable")) {
                        code = policy.evaluate(Fixtures.move()).code();
                        assertTrue(List.of("immutable", "unavailable").contains(code), code);
                    }
                    return code;
                }));
            }
            Thread.sleep(100);
            policy.close();
            for (Future<String> answer : answers) {
                assertEquals("unavailable", answer.get(1, TimeUnit.MINUTES));
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void anInterruptedThreadIsDeniedAndStaysInterrupted() throws Exception {
        try (Policy policy = Fixtures.packaged().compile(Fixtures.DOCUMENT)) {
            Thread.currentThread().interrupt();
            Decision decision = policy.evaluate(Event.deleteTag("dev/app", "v1"));
            assertTrue(Thread.interrupted(), "the interruption is left to the caller");
            assertFalse(decision.isAllowed());
            assertTrue(policy.evaluate(Event.deleteTag("dev/app", "v1")).isAllowed());
        }
    }

    @Test
    void aDeadlineOfNothingEndsACompilation() throws Exception {
        Component component = Component.packaged(Settings.defaults().withCompileDeadline(Duration.ZERO));
        CallException error =
                assertThrows(CallException.class, () -> component.compile(Fixtures.DOCUMENT + " ".repeat(50_000_000)));
        assertEquals(CallException.Kind.DEADLINE, error.kind());
        assertFalse(Thread.currentThread().isInterrupted());
    }

    @Test
    void anInstanceThatGrewTooMuchIsReplaced() throws Exception {
        Settings settings = Fixtures.patient().withGrowth(256 << 10).withInstances(1);
        try (Policy policy = Component.packaged(settings).compile(Fixtures.DOCUMENT)) {
            long before = policy.idleBytes();
            String large = "{\"x\": \"" + "y".repeat(1_000_000) + "\"}";
            assertTrue(policy.evaluateJson(large).contains("malformed"));
            assertEquals(0, policy.idleBytes(), "it was let go");
            assertTrue(policy.evaluate(Event.deleteTag("dev/app", "v1")).isAllowed());
            assertTrue(policy.idleBytes() >= before, "another was made");
        }
    }

    @Test
    void memoryHasACap() throws Exception {
        Component component = Component.packaged(Fixtures.patient().withMemory(16 << 20));
        CallException error =
                assertThrows(CallException.class, () -> component.compile(Fixtures.DOCUMENT + " ".repeat(50_000_000)));
        assertEquals(CallException.Kind.MEMORY, error.kind());
        LoadException refusal = assertThrows(
                LoadException.class,
                () -> Component.packaged(Settings.defaults().withMemory(100_000)));
        assertEquals(LoadException.Reason.MEMORY, refusal.reason());
    }

    @Test
    void rulesAreChangedListedImportedAndExported() throws Exception {
        Component component = Fixtures.packaged();
        Changed changed = component.changeRules(
                Fixtures.DOCUMENT, "{\"create\": {\"namespace\": \"dev\", \"preset\": \"latest\"}}");
        assertEquals(8, changed.revision());
        assertEquals(2, changed.rules().get(0).id());
        assertTrue(component
                .listRules(changed.document(), "{\"namespaces\": [\"dev\"]}")
                .contains("\"namespace\""));
        String exported = component.exportRules("tcr", changed.document(), "{}").text();
        assertTrue(component.importRules("tcr", exported, "{}").text().contains("dev"));
        RefusedException refused = assertThrows(
                RefusedException.class, () -> component.changeRules(changed.document(), "{\"delete\": {\"id\": 9}}"));
        assertEquals("not-found", refused.refusal().code());
        assertEquals(9, refused.refusal().rule().getAsLong());
    }
}
