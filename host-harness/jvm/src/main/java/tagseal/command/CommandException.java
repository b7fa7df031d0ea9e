package tagseal.command;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import tagseal.CallException;
import tagseal.LoadException;

/** Why a command could not do what it was asked: a message, what to do about it, and the exit code. */
final class CommandException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The exit code that says why. */
    private final int exitCode;

    /** What to do about it. */
    private final String help;

    private CommandException(int exitCode, String message, String help) {
        super(message);
        this.exitCode = exitCode;
        this.help = help;
    }

    int exitCode() {
        return exitCode;
    }

    Optional<String> help() {
        return Optional.ofNullable(help);
    }

    /** Wrong usage, or a policy or vectors that are invalid. */
    static CommandException usage(String message, String help) {
        return new CommandException(2, message, help);
    }

    /** A file that could not be read. */
    static CommandException unreadable(Path path, IOException error) {
        return new CommandException(2, "could not read `" + path + "`: " + reason(error), null);
    }

    /** The component is refused. */
    static CommandException refused(LoadException error) {
        boolean isFile = error.reason() == LoadException.Reason.UNREADABLE;
        return new CommandException(isFile ? 2 : 3, error.getMessage(), null);
    }

    /** A limit was reached, or the component trapped. */
    static CommandException failed(String message) {
        return new CommandException(4, message, null);
    }

    /** A limit was reached, or the component trapped. */
    static CommandException failed(CallException error) {
        return failed(error.getMessage());
    }

    private static String reason(IOException error) {
        if (error instanceof NoSuchFileException) {
            return "there is no such file";
        }
        return error instanceof AccessDeniedException ? "permission denied" : error.getMessage();
    }
}
