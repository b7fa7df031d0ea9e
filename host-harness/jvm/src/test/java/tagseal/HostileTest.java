package tagseal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tagseal.contract.Decision;
import tagseal.contract.Event;
import tagseal.contract.Operation;
import tagseal.contract.Outcome;

/** Components that do harm: each ends in its typed exception, within its deadline, and the next call works. */
final class HostileTest {
    private static final long MEMORY = 64L << 20;
    private static final Duration COMPILE_DEADLINE = Duration.ofSeconds(2);

    private static final Settings SETTINGS = Settings.defaults()
            .withCompileDeadline(COMPILE_DEADLINE)
            .withDecisionDeadline(Duration.ofMillis(500))
            .withMemory(MEMORY)
            .withAnswer(1 << 20);

    /** What does no harm. */
    private static final String PUSH = Event.of(new Operation.Write("prod/app", Fixtures.DIGEST, List.of()))
            .toJson();

    private static Component load(String name) throws IOException, LoadException {
        return Component.load(Fixtures.hostile(name), SETTINGS);
    }

    private static CallException.Kind failure(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(CallException.class, call).kind();
    }

    @Test
    void aComponentThatDoesNoHarmIsAnswered() throws Exception {
        Component component = load("behaved");
        try (Policy policy = component.compile("{}")) {
            assertEquals(7, policy.revision());
            assertEquals(List.of(), policy.warnings());
            assertEquals("", policy.explainJson("{}"));
        }
        assertEquals("", component.listRules("{}", "{}"));
        assertEquals("", component.changeRules("{}", "{}").document());
        assertEquals("", component.importRules("tcr", "{}", "{}").text());
        assertEquals("", component.exportRules("tcr", "{}", "{}").text());
    }

    @Test
    void anAnswerThatIsNotADecisionIsNotPassedOn() throws Exception {
        try (Policy policy = load("behaved").compile("{}")) {
            assertEquals(CallException.Kind.ANSWER, failure(() -> policy.evaluateJson(PUSH)));
            assertEquals(
                    Outcome.DENY,
                    policy.evaluate(Event.deleteTag("prod/app", "v1")).outcome());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "endless_loop_in_json, DEADLINE",
        "endless_loop_in_realloc, DEADLINE",
        "realloc_outside_memory, ANSWER",
        "trap_in_json, TRAP"
    })
    void harmInADecisionIsADenial(String name, CallException.Kind kind) throws Exception {
        try (Policy policy = load(name).compile("{}")) {
            for (int turn = 0; turn < 3; turn++) {
                assertEquals(kind, failure(() -> policy.evaluateJson(PUSH)), name);
                assertTrue(!Thread.currentThread().isInterrupted(), "the interruption is not left to the caller");
            }
            Decision decision = policy.evaluate(Event.deleteTag("prod/app", "v1"));
            assertEquals(Outcome.DENY, decision.outcome());
            assertEquals("unavailable", decision.code());
            assertEquals(7, decision.revision());
            assertTrue(decision.message().length() <= 600, decision.message());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "endless_loop_in_compile, DEADLINE",
        "endless_loop_in_start, DEADLINE",
        "memory_bomb_in_compile, MEMORY",
        "trap_in_compile, TRAP",
        "trap_in_start, TRAP"
    })
    void harmInCompilingIsATypedFailure(String name, CallException.Kind kind) throws Exception {
        Component component = load(name);
        for (int turn = 0; turn < 2; turn++) {
            assertEquals(kind, failure(() -> component.compile("{}")), name);
        }
        load("behaved").compile("{}").close();
    }

    @ParameterizedTest
    @CsvSource({
        "endless_loop_in_rules, DEADLINE",
        "trap_in_rules, TRAP",
        "memory_bomb_in_rules, MEMORY",
        "giant_rules, ANSWER"
    })
    void harmInQuestionsAboutRulesIsATypedFailure(String name, CallException.Kind kind) throws Exception {
        Component component = load(name);
        assertEquals(kind, failure(() -> component.listRules("{}", "{}")), name);
        assertEquals(kind, failure(() -> component.changeRules("{}", "{}")), name);
        assertEquals(kind, failure(() -> component.importRules("tcr", "{}", "{}")), name);
        assertEquals(kind, failure(() -> component.exportRules("tcr", "{}", "{}")), name);
        try (Policy policy = component.compile("{}")) {
            assertEquals(kind, failure(() -> policy.explainJson("{}")), name);
            assertEquals(List.of(), policy.warnings());
        }
    }

    @Test
    void aRefusalThatIsTooLargeIsNotRead() throws Exception {
        Component component = load("giant_refusal");
        assertEquals(CallException.Kind.ANSWER, failure(() -> component.listRules("{}", "{}")));
        assertEquals(CallException.Kind.ANSWER, failure(() -> component.changeRules("{}", "{}")));
    }

    /** These do their harm in the typed call, which this host does not make. They are loaded and do none. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "answer_not_an_outcome",
                "answer_not_text",
                "answer_outside_memory",
                "division",
                "endless_loop",
                "endless_loop_on_drop",
                "endless_loop_on_return",
                "giant_list",
                "giant_string",
                "memory_bomb",
                "stack_overflow",
                "table_bomb",
                "trap",
                "trap_in_batch",
                "trap_on_drop"
            })
    void noHostileComponentIsEverTakenForAnAllowance(String name) throws Exception {
        Component component = load(name);
        try (Policy policy = component.compile("{}")) {
            assertEquals(
                    Outcome.DENY,
                    policy.evaluate(Event.deleteTag("prod/app", "v1")).outcome(),
                    name);
        }
    }

    @Test
    void harmDoneToSomeCallsDoesNotTouchTheOthers() throws Exception {
        Policy policy = load("trap_in_json").compile("{}");
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (policy) {
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int call = 0; call < 64; call++) {
                boolean isHarm = call % 3 == 0;
                calls.add(() -> isHarm
                        ? policy.evaluate(Event.deleteTag("prod/app", "v1"))
                                .code()
                                .equals("unavailable")
                        : policy.warnings().isEmpty());
            }
            for (Future<Boolean> call : threads.invokeAll(calls)) {
                assertTrue(call.get());
            }
        } finally {
            threads.shutdown();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "core_module, NOT_A_COMPONENT",
        "import_unused, IMPORTS",
        "import_wasi, IMPORTS",
        "other_world, OTHER_INTERFACE",
        "initial_memory, MEMORY"
    })
    void whatIsNotAPolicyComponentIsRefusedBeforeItRuns(String name, LoadException.Reason reason) throws Exception {
        byte[] bytes = Fixtures.hostile(name);
        assertEquals(
                reason,
                assertThrows(LoadException.class, () -> Component.load(bytes, SETTINGS))
                        .reason());
    }

    @Test
    void importsAreNamed() throws Exception {
        byte[] bytes = Fixtures.hostile("import_wasi");
        LoadException refusal = assertThrows(LoadException.class, () -> Component.load(bytes, SETTINGS));
        assertEquals(List.of("wasi:cli/environment@0.2.0", "wasi:random/insecure-seed@0.2.4"), refusal.names());
    }
}
