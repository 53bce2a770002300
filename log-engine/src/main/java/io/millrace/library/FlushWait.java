package io.millrace.library;

import io.millrace.log.FlushCallback;
import io.millrace.mapped.StorageException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A thread that waits until an offset is on the disk. Used once. */
final class FlushWait implements FlushCallback {
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile @Nullable StorageException failure;

    @Override
    public void onFlushed(@Nullable StorageException cause) {
        failure = cause;
        done.countDown();
    }

    /** False after the timeout; throws where it will never be on the disk. */
    boolean await(long timeoutNs) throws InterruptedException {
        boolean told = done.await(timeoutNs, TimeUnit.NANOSECONDS);
        throwFailure();
        return told;
    }

    /** The engine tells every waiter, also when the log fails or is closed. */
    void awaitUninterruptibly() {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        throwFailure();
    }

    private void throwFailure() {
        StorageException cause = failure;
        if (cause != null) {
            throw cause;
        }
    }
}
