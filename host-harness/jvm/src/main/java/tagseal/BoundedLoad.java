package tagseal;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Loads within a deadline, in a thread of its own: nothing can interrupt the reader and the compiler of the runtime. One that
 * takes too long goes on in its thread, which keeps no JVM alive, and what comes of it is dropped.
 */
final class BoundedLoad {
    /** What is done. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws LoadException;
    }

    private BoundedLoad() {}

    static <T> T within(Duration limit, Work<T> work) throws LoadException {
        FutureTask<T> task = new FutureTask<>(work::run);
        Thread thread = new Thread(task, "tagseal-load");
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException error) {
            task.cancel(true);
            throw LoadException.deadline(limit);
        } catch (InterruptedException error) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            throw LoadException.interrupted();
        } catch (ExecutionException error) {
            throw reason(error.getCause());
        }
    }

    private static LoadException reason(Throwable cause) {
        return cause instanceof LoadException refusal ? refusal : LoadException.notAComponent(cause);
    }
}
