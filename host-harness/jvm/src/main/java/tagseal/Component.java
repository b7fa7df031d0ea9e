package tagseal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tagseal.AnswerReader.Answer;
import tagseal.binary.ComponentWiring;
import tagseal.binary.ComponentWiring.Interface;
import tagseal.contract.Changed;
import tagseal.contract.Converted;

/**
 * A component that has the interface of the contract and imports nothing: checked and compiled, not run yet. Any number of
 * threads may use it at once.
 */
public final class Component {
    private final LoadedComponent loaded;

    private Component(LoadedComponent loaded) {
        this.loaded = loaded;
    }

    /**
     * Loads the component that was packaged with this library.
     *
     * @throws LoadException when the settings do not fit it: its memory is larger than what they allow
     */
    public static Component packaged(Settings settings) throws LoadException {
        // It was compiled when this library was built, so it takes no time worth a deadline.
        return check(PackagedComponent.bytes(), settings);
    }

    /**
     * Loads the component of a file.
     *
     * @throws LoadException when the file can't be read, and as {@link #load}
     */
    public static Component load(Path file, Settings settings) throws LoadException {
        int most = (int) Math.min(settings.component() + 1, Integer.MAX_VALUE - 8);
        try (InputStream in = Files.newInputStream(file)) {
            return load(in.readNBytes(most), settings);
        } catch (IOException error) {
            throw LoadException.unreadable("the component `" + file + "`", error);
        }
    }

    /**
     * Loads a component in the binary format. Nothing of it runs. Its core modules are compiled, within the deadline for
     * compiling, unless its engine is that of the packaged component.
     *
     * @throws LoadException when it is not a component, imports anything, lacks a function of the contract or has it with
     *     another type, is too large, starts with more memory than it may hold, or takes too long to compile
     */
    public static Component load(byte[] bytes, Settings settings) throws LoadException {
        return BoundedLoad.within(settings.compileDeadline(), () -> check(bytes, settings));
    }

    private static Component check(byte[] bytes, Settings settings) throws LoadException {
        if (bytes.length > settings.component()) {
            throw LoadException.size(bytes.length, settings.component());
        }
        Contract contract = Contract.packaged();
        try {
            ComponentWiring wiring = ComponentWiring.read(bytes);
            if (!wiring.imports().isEmpty()) {
                throw LoadException.imports(wiring.imports());
            }
            Interface offered = contract.find(wiring);
            List<CoreModule> modules = new ArrayList<>();
            for (byte[] module : wiring.modules()) {
                modules.add(CoreModule.load(module));
            }
            checkMemory(wiring, modules, settings.memory());
            contract.checkCore(offered, wiring, modules);
            return new Component(new LoadedComponent(settings, wiring, modules, contract.functionsOf(offered)));
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError error) {
            // Whatever a reader or the runtime stumbles over in these bytes, they are not a component that can be used.
            throw LoadException.notAComponent(error);
        }
    }

    /**
     * Validates and compiles a policy document, in an instance of its own.
     *
     * @throws InvalidDocumentException when the document is invalid, with every problem
     * @throws CallException when the component fails
     */
    public Policy compile(String document) throws InvalidDocumentException, CallException {
        return Policy.compile(loaded, document);
    }

    /**
     * Lists the rules of a document, asked and answered in JSON. The query {@code {}} is for all of them.
     *
     * @throws RefusedException when the query or the document is invalid
     * @throws CallException when the component fails
     */
    public String listRules(String document, String query) throws RefusedException, CallException {
        return (String) ask("list-rules", document.length(), document, query);
    }

    /**
     * Makes a change, which is JSON, to the rules of a document. The host stores the new document.
     *
     * @throws RefusedException when the change can't be made
     * @throws CallException when the component fails
     */
    public Changed changeRules(String document, String change) throws RefusedException, CallException {
        return Answers.changed(ask("change-rules", document.length(), document, change));
    }

    /**
     * Turns the rules of another registry, as its API answered them, into a policy document. Options are JSON.
     *
     * @throws RefusedException when the format is unknown, or the text or the options are invalid
     * @throws CallException when the component fails
     */
    public Converted importRules(String format, String text, String options) throws RefusedException, CallException {
        return Answers.converted(ask("import-rules", text.length(), format, text, options));
    }

    /**
     * Turns a policy document into the rules of another registry that say the same. Options are those of an import.
     *
     * @throws RefusedException when the format is unknown or can't say it, or the document or the options are invalid
     * @throws CallException when the component fails
     */
    public Converted exportRules(String format, String document, String options)
            throws RefusedException, CallException {
        // Other registries write at length what a preset says in one word.
        return Answers.converted(ask("export-rules", 8L * document.length(), format, document, options));
    }

    /** Asks an instance of its own, whose answer may be so many bytes longer than the settings allow. */
    private Object ask(String function, long longer, String... texts) throws RefusedException, CallException {
        byte[][] encoded = new byte[texts.length][];
        for (int index = 0; index < texts.length; index++) {
            encoded[index] = Text.encode(texts[index]);
        }
        // A character takes at most three bytes for each of its UTF-16 units.
        long answerBytes = loaded.settings().answer() + 3 * longer;
        Answer answer = Guest.start(loaded, guest -> guest.ask(function, answerBytes, encoded));
        if (!answer.isOk()) {
            throw new RefusedException(Answers.refusal(answer.value()));
        }
        return answer.value();
    }

    private static void checkMemory(ComponentWiring wiring, List<CoreModule> modules, long most) throws LoadException {
        long starts = wiring.instantiations().stream()
                .mapToLong(instantiation -> modules.get(instantiation.module()).initialBytes())
                .sum();
        if (starts > most) {
            throw LoadException.memory(starts, most);
        }
    }
}
