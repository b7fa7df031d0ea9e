package tagseal.command;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import tagseal.Build;

/** Does what the command line says. The exit code says how it ended. */
public final class Main {
    /** The code that a shell shows for a program whose reader has left. */
    private static final int READER_LEFT = 141;

    private static final String USAGE =
            """
            Keeps container image tags immutable by rule, on the JVM.

            Usage: java -jar tagseal.jar [--component FILE] COMMAND

            Commands:
              decide POLICY.json [EVENTS.jsonl]  Decides events: JSON, one per line, from a file or standard input
              test FOLDER|FILE...                Runs conformance vectors
              bench [FOLDER|FILE...]             Measures this host, and runs vectors where they are given

            Options:
              --component FILE  Loads this component instead of the one that is packaged.
                                The environment variable TAGSEAL_COMPONENT does the same
              -h, --help        Prints this help
              --version         Prints the version

            Exit codes:
              0  allowed, or fine
              1  denied, or vectors failed
              2  wrong usage, no event, an unreadable file, an invalid policy, or invalid vectors
              3  the component is refused
              4  a limit was reached, or the component trapped
            """;

    private Main() {}

    /** Runs a command and exits. */
    public static void main(String[] arguments) {
        OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
        System.exit(run(List.of(arguments), System.in, out, System.err));
    }

    /** Runs a command with these streams, and gives its exit code. */
    static int run(List<String> arguments, InputStream in, OutputStream out, PrintStream err) {
        try {
            int exitCode = run(CommandLine.parse(arguments), new Streams(in, out, err));
            out.flush();
            return exitCode;
        } catch (CommandException error) {
            err.println("error: " + error.getMessage());
            error.help().ifPresent(help -> err.println("help: " + help));
            return error.exitCode();
        } catch (IOException error) {
            // Nothing can be written any more. Whoever read our output has left, and needs no message.
            return READER_LEFT;
        }
    }

    private static int run(CommandLine line, Streams streams) throws CommandException, IOException {
        return switch (line.command()) {
            case "decide" -> DecideCommand.run(line, streams);
            case "test" -> TestCommand.run(line, streams);
            case "bench" -> BenchCommand.run(line, streams);
            case "version" -> streams.line("tagseal " + Build.version());
            case "help" -> streams.line(USAGE.stripTrailing());
            default ->
                throw CommandException.usage("`" + line.command() + "` is not a command", "run it with `--help`");
        };
    }
}
