package tagseal;

import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Why a component is refused before it runs. */
public final class LoadException extends TagsealException {
    private static final long serialVersionUID = 1L;

    /** The kinds of reasons. */
    public enum Reason {
        /** The bytes are not a component, or one that uses something that this host does not know. */
        NOT_A_COMPONENT,
        /** It imports something. A policy component imports nothing. */
        IMPORTS,
        /** It lacks something that the contract asks for, or has it with another type. */
        OTHER_INTERFACE,
        /** It starts with more memory than it may hold. */
        MEMORY,
        /** The file is larger than a component may be. */
        SIZE,
        /** To read and compile it takes longer than it may. */
        DEADLINE,
        /** The thread was interrupted while it was loaded. */
        INTERRUPTED,
        /** The file can't be read. */
        UNREADABLE
    }

    /** Why it is refused. */
    private final Reason reason;

    /** What it imports, or what it lacks. */
    private final List<String> names;

    private LoadException(Reason reason, String message, List<String> names, Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.names = names;
    }

    /** Why the component is refused. */
    public Reason reason() {
        return reason;
    }

    /** The names of what it imports, or of what it lacks or has with another type. Empty for other reasons. */
    public List<String> names() {
        return names;
    }

    static LoadException notAComponent(Throwable cause) {
        String reason =
                Optional.ofNullable(cause.getMessage()).orElse(cause.getClass().getSimpleName());
        String message = "not a WebAssembly component: " + reason;
        return new LoadException(Reason.NOT_A_COMPONENT, message, List.of(), cause);
    }

    static LoadException imports(List<String> names) {
        String message = "the component imports " + list(names) + "; a policy component imports nothing";
        return new LoadException(Reason.IMPORTS, message, List.copyOf(names), null);
    }

    static LoadException otherInterface(String expected, List<String> names) {
        String message = "the component has another interface: " + list(names)
                + " missing or of another type; use one that is built for `" + expected + "`";
        return new LoadException(Reason.OTHER_INTERFACE, message, List.copyOf(names), null);
    }

    static LoadException memory(long starts, long allowed) {
        String message = "the component starts with " + starts + " bytes of memory and tables, of " + allowed
                + " that it may hold; allow it more";
        return new LoadException(Reason.MEMORY, message, List.of(), null);
    }

    static LoadException size(long bytes, long allowed) {
        String message = "the component takes " + bytes + " bytes, of " + allowed + " that it may; allow it more";
        return new LoadException(Reason.SIZE, message, List.of(), null);
    }

    static LoadException deadline(Duration limit) {
        String message = "the component could not be compiled within " + limit.toMillis() + " ms; allow it more";
        return new LoadException(Reason.DEADLINE, message, List.of(), null);
    }

    static LoadException interrupted() {
        return new LoadException(Reason.INTERRUPTED, "the thread was interrupted while it loaded", List.of(), null);
    }

    static LoadException unreadable(String what, Throwable cause) {
        // The message of this one is the path alone.
        String reason = cause instanceof NoSuchFileException ? "there is no such file" : cause.getMessage();
        String message = what + " can't be read: " + reason;
        return new LoadException(Reason.UNREADABLE, message, List.of(), cause);
    }

    private static String list(List<String> names) {
        return names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
    }
}
