package tagseal;

import java.lang.ref.WeakReference;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * One thread that enforces the deadlines of all instances in this process. It looks at them every few milliseconds while
 * any of them is in a call, and sleeps otherwise, so a call costs no timer.
 */
final class Watchdog {
    /** How late a deadline may be. */
    private static final long TICK_NANOS = 5_000_000;

    /** How many looks in a row find nothing before the thread sleeps. */
    private static final int IDLE_LOOKS = 200;

    private static final Watchdog SHARED = new Watchdog();

    private final Queue<WeakReference<Deadline>> deadlines = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this::run, "tagseal-watchdog");
    private volatile boolean sleeping;

    private Watchdog() {
        thread.setDaemon(true);
        thread.start();
    }

    static Watchdog shared() {
        return SHARED;
    }

    /** Looks at a deadline from now on, for as long as anyone else holds it. */
    void watch(Deadline deadline) {
        deadlines.add(new WeakReference<>(deadline));
    }

    /** Says that a call has begun. */
    void wake() {
        if (sleeping) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        int idle = 0;
        while (true) {
            idle = look() ? 0 : idle + 1;
            if (idle < IDLE_LOOKS) {
                LockSupport.parkNanos(TICK_NANOS);
            } else {
                sleep();
                idle = 0;
            }
        }
    }

    /** Sleeps until a call begins. It says so first and looks once more, so that no call can begin unseen in between. */
    private void sleep() {
        sleeping = true;
        if (!look()) {
            LockSupport.park();
        }
        sleeping = false;
    }

    /** Enforces all deadlines. Whether any call is going on. */
    private boolean look() {
        boolean busy = false;
        long now = System.nanoTime();
        for (Iterator<WeakReference<Deadline>> each = deadlines.iterator(); each.hasNext(); ) {
            Deadline deadline = each.next().get();
            if (deadline == null) {
                each.remove();
            } else {
                busy |= deadline.enforce(now);
            }
        }
        return busy;
    }
}
