package tagseal.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import tagseal.Build;
import tagseal.CallException;
import tagseal.Component;
import tagseal.InvalidDocumentException;
import tagseal.Policy;
import tagseal.contract.Event;
import tagseal.json.JsonWriter;

/** {@code bench}: measures this host, and writes one line of JSON. */
final class BenchCommand {
    private static final int EVENTS = 50_000;

    /** The most rounds over all events. */
    private static final int MAX_ROUNDS = 12;

    /** A round that is not faster by so much shows that the JVM has compiled what is asked often. */
    private static final double FASTER = 0.97;

    /** One decision, of the event with a number. */
    @FunctionalInterface
    private interface Question {
        void ask(int event) throws CallException;
    }

    private BenchCommand() {}

    static int run(CommandLine line, Streams streams) throws CommandException, IOException {
        JsonWriter json = new JsonWriter().beginObject();
        json.name("host").value("JVM");
        json.name("version").value("Java " + Runtime.version().feature() + ", Endive " + Build.runtimeVersion());
        json.name("depends_on").beginArray();
        json.value("run.endive:runtime").value("run.endive:compiler").value("org.ow2.asm:asm");
        json.endArray();
        try {
            measure(line, json);
        } catch (CallException error) {
            throw CommandException.failed(error);
        } catch (InvalidDocumentException error) {
            throw CommandException.failed(error.getMessage());
        }
        long failed = 0;
        if (!line.paths().isEmpty()) {
            long[] counts = vectors(line);
            failed = counts[1];
            json.name("vectors_passed").unsigned(counts[0]);
            json.name("vectors_failed").unsigned(failed);
        }
        streams.line(json.endObject().toString());
        return failed == 0 ? 0 : 1;
    }

    private static void measure(CommandLine line, JsonWriter json)
            throws CommandException, CallException, InvalidDocumentException {
        List<Event> events = Workload.events(EVENTS);
        List<String> texts = events.stream().map(Event::toJson).toList();
        try (Policy policy = line.load(VectorSettings.settings()).compile(Workload.POLICY)) {
            percentiles(json, "decide_typed_ns", event -> policy.tryEvaluate(events.get(event)));
            percentiles(json, "decide_json_ns", event -> policy.evaluateJson(texts.get(event)));
        }
    }

    /** Measures all events in rounds, until two of them are not faster than the one before, and takes the last. */
    private static void percentiles(JsonWriter json, String name, Question question) throws CallException {
        long[] nanos = round(question);
        int steady = 0;
        for (int count = 1; count < MAX_ROUNDS && steady < 2; count++) {
            long before = nanos[EVENTS / 2];
            nanos = round(question);
            steady = nanos[EVENTS / 2] < before * FASTER ? 0 : steady + 1;
        }
        json.name(name + "_p50").unsigned(nanos[EVENTS / 2]);
        json.name(name + "_p99").unsigned(nanos[EVENTS / 100 * 99]);
    }

    /** How long each event took, in order of time. */
    private static long[] round(Question question) throws CallException {
        long[] nanos = new long[EVENTS];
        for (int event = 0; event < EVENTS; event++) {
            long start = System.nanoTime();
            question.ask(event);
            nanos[event] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return nanos;
    }

    private static long[] vectors(CommandLine line) throws CommandException, IOException {
        long[] counts = new long[2];
        Component component = line.load(VectorSettings.settings());
        for (String path : line.paths()) {
            TestCommand.runAll(component, Path.of(path), result -> counts[result.passes() ? 0 : 1]++);
        }
        return counts;
    }
}
