package tagseal.command;

import java.io.IOException;
import java.nio.file.Path;
import tagseal.Component;
import tagseal.vectors.InvalidVectorException;
import tagseal.vectors.VectorRunner;
import tagseal.vectors.VectorRunner.Result;

/** {@code test}: runs conformance vectors, and reports each by its name. */
final class TestCommand {
    private long passed;
    private long failed;

    private TestCommand() {}

    /** Exits with 1 if any vector failed. */
    static int run(CommandLine line, Streams streams) throws CommandException, IOException {
        if (line.paths().isEmpty()) {
            throw CommandException.usage("`test` names no vectors", "add a folder or files of vectors");
        }
        Component component = line.load(VectorSettings.settings());
        TestCommand command = new TestCommand();
        for (String path : line.paths()) {
            runAll(component, Path.of(path), result -> command.take(result, streams));
        }
        streams.line(command.passed + " passed, " + command.failed + " failed");
        return command.failed == 0 ? 0 : 1;
    }

    /** Runs the vectors of a file or a folder. */
    static void runAll(Component component, Path path, VectorRunner.Report report)
            throws CommandException, IOException {
        try {
            new VectorRunner(component).run(path, name -> true, report);
        } catch (InvalidVectorException error) {
            throw CommandException.usage(error.getMessage(), "use vectors that belong to this version");
        } catch (java.nio.file.NoSuchFileException error) {
            throw CommandException.unreadable(path, error);
        }
    }

    private void take(Result result, Streams streams) throws IOException {
        if (result.passes()) {
            passed++;
        } else {
            failed++;
        }
        streams.line((result.passes() ? "pass  " : "FAIL  ") + result.file() + ": " + result.name());
        for (String fault : result.faults()) {
            streams.line("      " + fault);
        }
        streams.flush();
    }
}
