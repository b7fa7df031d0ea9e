package tagseal;

import java.time.Duration;

/**
 * The deadline of the call that an instance is in. The runtime ends a guest when its thread is interrupted, so that is what
 * happens at the deadline. The lock makes sure that it never happens to the thread after the call.
 */
final class Deadline {
    private final Watchdog watchdog;
    private Thread caller;
    private long end;
    private boolean passed;

    Deadline(Watchdog watchdog) {
        this.watchdog = watchdog;
        watchdog.watch(this);
    }

    /** Begins a call of this thread. */
    void begin(Duration limit) {
        synchronized (this) {
            caller = Thread.currentThread();
            end = System.nanoTime() + limit.toNanos();
            passed = false;
        }
        watchdog.wake();
    }

    /** Ends the call. Whether its deadline has passed. */
    boolean end() {
        synchronized (this) {
            caller = null;
            if (passed) {
                // The interruption was ours, so it is not left to the caller.
                Thread.interrupted();
            }
            return passed;
        }
    }

    /** Interrupts a call whose deadline has passed. Whether there is a call. */
    boolean enforce(long now) {
        synchronized (this) {
            if (caller != null && now - end >= 0) {
                passed = true;
                caller.interrupt();
            }
            return caller != null;
        }
    }
}
