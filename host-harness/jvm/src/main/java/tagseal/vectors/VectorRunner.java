package tagseal.vectors;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tagseal.CallException;
import tagseal.Component;
import tagseal.json.JsonException;

/** Puts vectors to a component, and reports each of them by its name. */
public final class VectorRunner {
    /**
     * How a vector ended.
     *
     * @param file the name of its file
     * @param name its name
     * @param faults what is wrong; nothing where it passes
     */
    public record Result(String file, String name, List<String> faults) {
        /** Whether the vector passes. */
        public boolean passes() {
            return faults.isEmpty();
        }
    }

    /** Takes the results as they come. */
    @FunctionalInterface
    public interface Report {
        /** Takes a result. */
        void take(Result result) throws IOException;
    }

    /** How many files are run at once, at most. */
    private static final int MAX_THREADS = Math.min(2, Runtime.getRuntime().availableProcessors());

    private final Component component;

    /** Held while a large vector is asked. */
    private final ReentrantLock large = new ReentrantLock();

    /** A runner for a component. */
    public VectorRunner(Component component) {
        this.component = component;
    }

    /**
     * Runs all vectors of a file, or of every file of a folder: several files at once, but one large vector at a time. The
     * results come in the order of the files.
     *
     * @throws IOException when a file can't be read, or the report can't take a result
     * @throws InvalidVectorException when a file has anything that this runner does not know
     */
    public void run(Path path, Predicate<String> names, Report report) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(MAX_THREADS);
        try {
            List<Future<List<Result>>> files = new ArrayList<>();
            for (Path each : files(path)) {
                files.add(threads.submit(() -> runFile(each, names)));
            }
            for (Future<List<Result>> file : files) {
                for (Result result : results(file)) {
                    report.take(result);
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private List<Result> runFile(Path path, Predicate<String> names) throws IOException {
        VectorFile file = VectorFile.read(path);
        List<Result> results = new ArrayList<>();
        try (Subject subject = new Subject(component)) {
            for (TestVector vector : file.vectors()) {
                if (names.test(vector.name())) {
                    results.add(new Result(file.name(), vector.name(), faults(file.kind(), vector, subject)));
                }
            }
        }
        return results;
    }

    private static List<Result> results(Future<List<Result>> file) throws IOException {
        try {
            return file.get();
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while vectors ran");
        } catch (ExecutionException error) {
            if (error.getCause() instanceof IOException cause) {
                throw cause;
            }
            if (error.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(error.getCause());
        }
    }

    private List<String> faults(Kind kind, TestVector vector, Subject subject) {
        if (!vector.isLarge()) {
            return ask(kind, vector, subject);
        }
        large.lock();
        try {
            return ask(kind, vector, subject);
        } finally {
            large.unlock();
        }
    }

    private static List<String> ask(Kind kind, TestVector vector, Subject subject) {
        try {
            Answer answer = kind.ask(vector, subject);
            List<String> faults = new ArrayList<>(Difference.find(kind.expected(vector), answer.value()));
            faults.addAll(answer.faults());
            return faults;
        } catch (CallException | JsonException error) {
            return List.of("there is no answer: " + error.getMessage());
        }
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.filter(entry -> entry.toString().endsWith(".json"))
                    .filter(entry -> !entry.endsWith("schema.json"))
                    .sorted()
                    .toList();
        }
    }
}
