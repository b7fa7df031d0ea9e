package tagseal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The instances that hold one document: lent to one call each, made when calls wait, thrown away when they failed. */
final class Pool {
    /** What an instance is asked. */
    @FunctionalInterface
    interface Question<T> {
        T ask(CompiledPolicy compiled) throws CallException;
    }

    private final LoadedComponent component;
    /** Kept for the instances to come. */
    private final byte[] document;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<CompiledPolicy> idle = new ArrayDeque<>();
    private int count = 1;
    private boolean closed;

    Pool(LoadedComponent component, byte[] document, CompiledPolicy first) {
        this.component = component;
        this.document = document;
        idle.push(first);
    }

    /** Asks an instance, and takes it back if it has answered and has not grown too much. */
    <T> T ask(Question<T> question) throws CallException {
        CompiledPolicy compiled = take();
        boolean keep = false;
        try {
            T answer = question.ask(compiled);
            keep = compiled.guest().heldBytes() - compiled.compiledBytes()
                    <= component.settings().growth();
            return answer;
        } finally {
            giveBack(compiled, keep);
        }
    }

    long idleBytes() {
        lock.lock();
        try {
            return idle.stream()
                    .mapToLong(compiled -> compiled.guest().heldBytes())
                    .sum();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            idle.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private CompiledPolicy take() throws CallException {
        lock.lock();
        try {
            long remaining = component.settings().decisionDeadline().toNanos();
            while (!closed && idle.isEmpty() && count >= component.settings().instances()) {
                if (remaining <= 0) {
                    throw CallException.busy(component.settings().decisionDeadline());
                }
                remaining = changed.awaitNanos(remaining);
            }
            if (closed) {
                throw CallException.closed();
            }
            if (!idle.isEmpty()) {
                return idle.pop();
            }
            count++;
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw CallException.interrupted();
        } finally {
            lock.unlock();
        }
        return make();
    }

    /** Makes an instance, for which there is a place already. */
    private CompiledPolicy make() throws CallException {
        boolean made = false;
        try {
            CompiledPolicy compiled = CompiledPolicy.start(component, document);
            made = true;
            return compiled;
        } catch (InvalidDocumentException error) {
            throw CallException.changed();
        } finally {
            if (!made) {
                leave();
            }
        }
    }

    private void giveBack(CompiledPolicy compiled, boolean keep) {
        if (!keep) {
            leave();
            return;
        }
        lock.lock();
        try {
            if (!closed) {
                idle.push(compiled);
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Frees the place of an instance. */
    private void leave() {
        lock.lock();
        try {
            count--;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
