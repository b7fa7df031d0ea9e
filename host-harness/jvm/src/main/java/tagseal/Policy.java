package tagseal;

import java.util.List;
import tagseal.contract.Decision;
import tagseal.contract.Diagnostic;
import tagseal.contract.Event;

/**
 * A policy document, validated and compiled. It never changes: for a new document, compile that one and close this policy.
 * Any number of threads may use it at once.
 */
public final class Policy implements AutoCloseable {
    private final Pool pool;
    private final long revision;

    private Policy(Pool pool, long revision) {
        this.pool = pool;
        this.revision = revision;
    }

    /** Compiles a document in the first instance of a new pool. */
    static Policy compile(LoadedComponent component, String document) throws InvalidDocumentException, CallException {
        byte[] text = Text.encode(document);
        CompiledPolicy first = CompiledPolicy.start(component, text);
        return new Policy(new Pool(component, text, first), first.revision());
    }

    /**
     * Decides an event. Total: where no answer comes, the decision is a denial with the code {@code unavailable}.
     */
    public Decision evaluate(Event event) {
        try {
            return tryEvaluate(event);
        } catch (CallException failure) {
            return failure.denial(revision);
        }
    }

    /**
     * Decides an event.
     *
     * @throws CallException when the component fails, or all its instances are busy until the deadline. The event is then
     *     not decided, and must not be taken as allowed
     */
    public Decision tryEvaluate(Event event) throws CallException {
        byte[] json = json(event);
        return pool.ask(compiled -> compiled.guest().evaluate(compiled.policy(), json));
    }

    /** What can't be written is refused here, so that no instance is thrown away for it. */
    private static byte[] json(Event event) throws CallException {
        try {
            return Text.encode(event.toJson());
        } catch (NullPointerException missing) {
            throw CallException.text("the event is null, or a part of it");
        }
    }

    /**
     * Decides an event in JSON, and answers in JSON. An event that can't be read is denied as {@code malformed}.
     *
     * @throws CallException as {@link #tryEvaluate}
     */
    public String evaluateJson(String event) throws CallException {
        byte[] json = Text.encode(event);
        return pool.ask(compiled -> compiled.guest().evaluateJson(compiled.policy(), json));
    }

    /**
     * Explains in JSON what the policy does to one tag, asked in JSON: {@code {"repository": "prod/app", "tag": "v1"}}.
     *
     * @throws CallException as {@link #tryEvaluate}
     */
    public String explainJson(String question) throws CallException {
        byte[] json = Text.encode(question);
        return pool.ask(compiled -> compiled.guest().explainJson(compiled.policy(), json));
    }

    /**
     * What is valid in the document but almost certainly not meant.
     *
     * @throws CallException as {@link #tryEvaluate}
     */
    public List<Diagnostic> warnings() throws CallException {
        return Answers.diagnostics(pool.ask(compiled -> compiled.guest().warnings(compiled.policy())));
    }

    /** The revision of the document, an unsigned number, 0 where it has none. */
    public long revision() {
        return revision;
    }

    /** Bytes of memory that its instances hold, all together, without those that are in a call. */
    public long idleBytes() {
        return pool.idleBytes();
    }

    /** Lets its instances go, with all their memory. Whoever asks afterwards is denied. */
    @Override
    public void close() {
        pool.close();
    }
}
