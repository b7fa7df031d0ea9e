package tagseal.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import tagseal.Component;
import tagseal.LoadException;
import tagseal.Settings;

/**
 * What the command line says.
 *
 * @param command the command
 * @param paths its arguments
 * @param component the file of another component than the packaged one
 */
record CommandLine(String command, List<String> paths, Optional<Path> component) {
    static CommandLine parse(List<String> arguments) throws CommandException {
        List<String> words = new ArrayList<>();
        Optional<Path> component = Optional.ofNullable(System.getenv("TAGSEAL_COMPONENT"))
                .filter(path -> !path.isEmpty())
                .map(Path::of);
        for (Iterator<String> each = arguments.iterator(); each.hasNext(); ) {
            String word = each.next();
            switch (word) {
                case "-h", "--help" -> {
                    return new CommandLine("help", List.of(), component);
                }
                case "--version" -> {
                    return new CommandLine("version", List.of(), component);
                }
                case "--component" -> {
                    if (!each.hasNext()) {
                        throw CommandException.usage("`--component` names no file", "add the path of a component");
                    }
                    component = Optional.of(Path.of(each.next()));
                }
                default -> {
                    if (word.startsWith("-") && !word.equals("-")) {
                        throw CommandException.usage("`" + word + "` is not an option", "run it with `--help`");
                    }
                    words.add(word);
                }
            }
        }
        if (words.isEmpty()) {
            throw CommandException.usage("a command is missing", "run it with `--help`");
        }
        return new CommandLine(words.get(0), words.subList(1, words.size()), component);
    }

    /** Loads the component that the command is for. */
    Component load(Settings settings) throws CommandException {
        try {
            return component.isPresent() ? Component.load(component.get(), settings) : Component.packaged(settings);
        } catch (LoadException error) {
            throw CommandException.refused(error);
        }
    }
}
