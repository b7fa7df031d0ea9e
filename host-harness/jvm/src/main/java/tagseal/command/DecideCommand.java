package tagseal.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tagseal.CallException;
import tagseal.Component;
import tagseal.InvalidDocumentException;
import tagseal.Policy;
import tagseal.Settings;
import tagseal.command.Lines.Line;
import tagseal.contract.Decision;
import tagseal.contract.Diagnostic;

/** {@code decide}: events in, decisions out, one per line and in order. */
final class DecideCommand {
    /** The first decisions of a JVM are slow, and nobody's push waits for this command. */
    private static final Settings SETTINGS = Settings.defaults().withDecisionDeadline(Duration.ofSeconds(10));

    /** The longest document that a component takes. What is longer need not be read whole to be refused. */
    private static final int MAX_DOCUMENT_BYTES = 256 << 20;

    private final Policy policy;
    private final Streams streams;
    private boolean anyDecided;
    private boolean anyDenied;
    private long failures;
    private CallException firstFailure;

    private DecideCommand(Policy policy, Streams streams) {
        this.policy = policy;
        this.streams = streams;
    }

    /** Exits with 1 if any event was denied. */
    static int run(CommandLine line, Streams streams) throws CommandException, IOException {
        List<String> paths = line.paths();
        if (paths.isEmpty() || paths.size() > 2) {
            throw CommandException.usage(
                    "`decide` takes a policy and perhaps a file of events", "run it with `--help`");
        }
        String events = paths.size() == 2 ? paths.get(1) : "-";
        if (paths.get(0).equals("-") && events.equals("-")) {
            throw CommandException.usage(
                    "policy and events can't both be standard input", "name a file for one of them");
        }
        String document = document(paths.get(0), streams);
        Component component = line.load(SETTINGS);
        try (Policy policy = compile(component, document, paths.get(0), streams);
                InputStream in = open(events, streams)) {
            return new DecideCommand(policy, streams).decide(new Lines(in));
        }
    }

    private int decide(Lines lines) throws CommandException, IOException {
        while (true) {
            if (lines.mustWait()) {
                streams.flush();
            }
            Optional<Line> line = lines.next();
            if (line.isEmpty()) {
                break;
            }
            streams.line(answer(line.get()));
            anyDecided = true;
        }
        streams.flush();
        if (!anyDecided) {
            throw CommandException.usage("there is no event, so nothing was decided", "give events as lines of JSON");
        }
        if (failures > 0) {
            String events = failures == 1 ? "1 event" : failures + " events";
            throw CommandException.failed(
                    events + " could not be decided, and counted as denied: " + firstFailure.getMessage());
        }
        return anyDenied ? 1 : 0;
    }

    /** The decision about a line. There always is one, whatever is on it and whatever becomes of the component. */
    private String answer(Line line) {
        if (line.text().isEmpty()) {
            anyDenied = true;
            return Decision.deny("malformed", policy.revision(), "malformed event: " + line.problem())
                    .toJson();
        }
        try {
            String decision = policy.evaluateJson(line.text().get());
            anyDenied |= !Decision.read(decision).isAllowed();
            return decision;
        } catch (CallException failure) {
            anyDenied = true;
            failures++;
            firstFailure = firstFailure == null ? failure : firstFailure;
            return failure.denial(policy.revision()).toJson();
        }
    }

    private static Policy compile(Component component, String document, String name, Streams streams)
            throws CommandException {
        try {
            return component.compile(document);
        } catch (InvalidDocumentException error) {
            error.diagnostics().forEach(diagnostic -> streams.err().println(text(name, diagnostic)));
            throw CommandException.usage("`" + name + "`: " + error.getMessage(), "fix the document");
        } catch (CallException error) {
            throw CommandException.failed(error);
        }
    }

    private static String text(String name, Diagnostic diagnostic) {
        return "%s: %s:%d:%d: %s%n  help: %s"
                .formatted(
                        diagnostic.severity().word(),
                        name,
                        diagnostic.line(),
                        diagnostic.column(),
                        diagnostic.message(),
                        diagnostic.help());
    }

    private static String document(String name, Streams streams) throws CommandException {
        try (InputStream in = open(name, streams)) {
            byte[] bytes = in.readNBytes(MAX_DOCUMENT_BYTES + 1);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException error) {
            throw CommandException.usage("`" + name + "` is not UTF-8", "save the file as UTF-8");
        } catch (IOException error) {
            throw CommandException.unreadable(Path.of(name), error);
        }
    }

    private static InputStream open(String name, Streams streams) throws CommandException {
        try {
            return name.equals("-") ? streams.in() : Files.newInputStream(Path.of(name));
        } catch (IOException error) {
            throw CommandException.unreadable(Path.of(name), error);
        }
    }
}
