package tagseal;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import run.endive.runtime.WasmInterruptedException;
import tagseal.AnswerReader.Answer;
import tagseal.binary.LiftedFunction;
import tagseal.contract.Decision;
import tagseal.json.JsonException;

/**
 * One instance of a component. One thread uses it at a time. After a {@link CallException} it must not be used again: what
 * state it is in, nobody knows.
 */
final class Guest {
    private final LoadedComponent component;
    private final MemoryBudget budget;
    private final Deadline deadline = new Deadline(Watchdog.shared());
    private final Map<String, GuestFunction> functions = new HashMap<>();
    private Handles handles;

    private Guest(LoadedComponent component) {
        this.component = component;
        this.budget = new MemoryBudget(component.settings().memory());
    }

    /** Starts an instance, and does something with it, all within the compile deadline. */
    static <T> T start(LoadedComponent component, Work<T> work) throws CallException {
        Guest guest = new Guest(component);
        return guest.within(component.settings().compileDeadline(), () -> {
            guest.instantiate();
            return work.with(guest);
        });
    }

    /** What is done with an instance that was just started. */
    @FunctionalInterface
    interface Work<T> {
        T with(Guest guest);
    }

    /** Bytes of memory that it holds. It never falls. */
    long heldBytes() {
        return budget.held();
    }

    /** Calls a function that is for no policy. Only within {@link #start}. */
    Answer ask(String function, long answerBytes, byte[]... texts) {
        return (Answer) function(function).callStatic(answerBytes, texts);
    }

    /** The representation of a policy that a function handed over. */
    int accept(Object handle) {
        return handles.remove((Integer) handle);
    }

    /** The revision of a policy. Only within {@link #start}. */
    long revision(int policy) {
        return (Long) function("[method]policy.revision").call(0, policy);
    }

    Decision evaluate(int policy, byte[] json) throws CallException {
        Duration limit = component.settings().decisionDeadline();
        return within(limit, () -> Decision.read(answerTo(policy, json)));
    }

    String evaluateJson(int policy, byte[] json) throws CallException {
        return within(component.settings().decisionDeadline(), () -> decision(answerTo(policy, json)));
    }

    String explainJson(int policy, byte[] json) throws CallException {
        GuestFunction explain = function("[method]policy.explain-json");
        return within(component.settings().compileDeadline(), () -> (String) explain.call(answerBytes(), policy, json));
    }

    Object warnings(int policy) throws CallException {
        GuestFunction warnings = function("[method]policy.warnings");
        return within(component.settings().compileDeadline(), () -> warnings.call(answerBytes(), policy));
    }

    private String answerTo(int policy, byte[] event) {
        return (String) function("[method]policy.evaluate-json").call(answerBytes(), policy, event);
    }

    /** Fails for an answer that is not a decision on one line: nobody should have to guess what it means. */
    private static String decision(String answer) {
        Decision.read(answer);
        if (answer.indexOf('\n') >= 0) {
            throw new ContractViolationException("a decision takes more than one line");
        }
        return answer;
    }

    private long answerBytes() {
        return component.settings().answer();
    }

    private GuestFunction function(String name) {
        return functions.get(name);
    }

    private void instantiate() {
        CoreInstances instances = new CoreInstances(component.wiring(), component.modules(), budget);
        handles = instances.handles();
        for (Map.Entry<String, LiftedFunction> each : component.functions().entrySet()) {
            functions.put(each.getKey(), new GuestFunction(each.getValue(), instances));
        }
    }

    /** Does something within a deadline. This is the one place that says what a failure of the guest means. */
    private <T> T within(Duration limit, Supplier<T> work) throws CallException {
        boolean passed = false;
        Throwable failure = null;
        T answer = null;
        deadline.begin(limit);
        try {
            answer = work.get();
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError error) {
            failure = error;
        } finally {
            passed = deadline.end();
        }
        if (failure != null) {
            throw explain(failure, passed, limit);
        }
        return answer;
    }

    private CallException explain(Throwable failure, boolean passed, Duration limit) {
        if (failure instanceof WasmInterruptedException) {
            return passed ? CallException.deadline(limit) : CallException.interrupted();
        }
        if (failure instanceof MemoryBudget.ExceededException) {
            return CallException.memory(budget.cap());
        }
        if (failure instanceof ContractViolationException || failure instanceof JsonException) {
            return CallException.answer(answerBytes(), failure);
        }
        if (failure instanceof StackOverflowError) {
            return CallException.stack(failure);
        }
        return failure instanceof OutOfMemoryError ? CallException.heap(failure) : CallException.trap(failure);
    }
}
