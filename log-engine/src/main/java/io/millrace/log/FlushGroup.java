package io.millrace.log;

import io.millrace.mapped.StorageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that wait until an offset is on the disk, one of whom forces for all: the <i>leader</i>. Who finds no leader becomes it and
 * forces at once, on its own thread; who comes while it does waits, and is served by the next force, which one of those who wait leads.
 * So nothing is handed to another thread before a force, and one thread alone pays for nothing but the force.
 *
 * <p>Those who are served are woken in the order in which they came. While somebody waits there is a leader, who comes back from its force in
 * any case, also from one of a log that has failed or was closed: so nobody is forgotten. What waits without a thread is {@link
 * LogFlusher}'s.
 *
 * <p>Any thread; guarded by itself.
 */
final class FlushGroup {
    private static final int WAITS = 0;
    private static final int SERVED = 1;
    private static final int LEADS = 2;

    /** Somebody who waits; the state is set under the monitor, then the thread is woken. */
    private static final class Member {
        final Thread thread = Thread.currentThread();
        final long endOffset;
        volatile int state = WAITS;

        Member(long endOffset) {
            this.endOffset = endOffset;
        }
    }

    private final LogState log;
    private final LogFlusher flusher;
    private final ArrayDeque<Member> waiting = new ArrayDeque<>();
    private boolean led;

    FlushGroup(LogState log, LogFlusher flusher) {
        this.log = log;
        this.flusher = flusher;
    }

    /**
     * Waits until everything below {@code endOffset} is on the disk.
     *
     * @param timeoutNs nobody is made to stop a force for it that it leads itself
     * @return false after the timeout
     * @throws StorageException where it never will be
     */
    boolean await(long endOffset, long timeoutNs) throws InterruptedException {
        long startedNs = log.runtime.clock().nanos();
        while (!isOver(endOffset)) {
            Member member = join(endOffset);
            if (member != null && !served(member, startedNs, timeoutNs)) {
                return isOver(endOffset);
            }
            if (member == null || member.state == LEADS) {
                lead();
            }
        }
        return true;
    }

    /** The same without an end, and not ended by an interrupt either, which is kept. */
    void await(long endOffset) {
        boolean interrupted = false;
        while (true) {
            try {
                boolean flushed = await(endOffset, Long.MAX_VALUE);
                assert flushed;
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the offset is on the disk; throws where it will not get there. */
    private boolean isOver(long endOffset) {
        if (log.offsets.flushed() >= endOffset) {
            return true;
        }
        StorageException failure = flusher.outcome(endOffset);
        if (failure != null) {
            throw failure;
        }
        return false;
    }

    /** Null for the leader. */
    private synchronized @Nullable Member join(long endOffset) {
        if (!led) {
            led = true;
            return null;
        }
        Member member = new Member(endOffset);
        waiting.add(member);
        return member;
    }

    /** Waits until somebody has forced or this one is to lead; false after the timeout. */
    private boolean served(Member member, long startedNs, long timeoutNs) throws InterruptedException {
        while (member.state == WAITS) {
            long leftNs = timeoutNs == Long.MAX_VALUE
                    ? TimeUnit.SECONDS.toNanos(10)
                    : timeoutNs - (log.runtime.clock().nanos() - startedNs);
            boolean interrupted = leftNs > 0 && parkAndTest(leftNs);
            if ((leftNs <= 0 || interrupted) && leave(member)) {
                if (interrupted) {
                    throw new InterruptedException();
                }
                return false;
            }
            if (interrupted) {
                Thread.currentThread().interrupt(); // it was served meanwhile
            }
        }
        return true;
    }

    private boolean parkAndTest(long ns) {
        LockSupport.parkNanos(this, ns);
        return Thread.interrupted();
    }

    /** False where it is too late for that: it was served, or is to lead. */
    private synchronized boolean leave(Member member) {
        return member.state == WAITS && waiting.remove(member);
    }

    private void lead() {
        try {
            flusher.flushForGroup();
        } finally {
            passOn();
        }
    }

    /** Wakes all that the force has served, and who leads the next one: after them, so that they share it. */
    private void passOn() {
        List<Member> woken = new ArrayList<>();
        synchronized (this) {
            waiting.removeIf(member -> isServed(member) && woken.add(member));
            Member next = waiting.poll();
            led = next != null;
            woken.forEach(member -> member.state = SERVED);
            if (next != null) {
                next.state = LEADS;
                woken.add(next);
            }
        }
        woken.forEach(member -> LockSupport.unpark(member.thread));
    }

    private boolean isServed(Member member) {
        return log.offsets.flushed() >= member.endOffset || flusher.outcome(member.endOffset) != null;
    }
}
