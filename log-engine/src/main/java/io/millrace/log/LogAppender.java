package io.millrace.log;

import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordRules;
import io.millrace.log.producer.CompletedTransaction;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.producer.ProducerVerdict;
import io.millrace.log.segment.Segment;
import io.millrace.log.txn.AbortedTransactionIndex;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The way of a batch into the log: checked, its producer's sequence checked, offsets assigned, copied, made known, published. Whatever can
 * refuse it comes before the first byte is written; what is published last makes it visible.
 *
 * <p>Under the writer lock; allocates nothing in the steady state. It keeps the validator (a checksum and a cursor) for reuse.
 */
final class LogAppender {
    /** What leaders have appended since the log was opened. Written under the lock, read by anybody. */
    final AtomicLong appendedBytes = new AtomicLong();

    final AtomicLong appendedRecords = new AtomicLong();

    private final LogState log;
    private final LogRoller roller;
    private final LogFlusher flusher;
    private final BatchValidator validator = new BatchValidator();
    /** Aborted transactions whose entry the full disk did not take: their records stay unstable until it does. */
    private final ArrayDeque<CompletedTransaction> unwritten = new ArrayDeque<>();

    private boolean full;
    /** A time of the clock, possibly long past: what is not too far in the future of it is not too far in that of now. */
    private long knownNowMs;

    // Of the append at work.
    private RecordRules rules = RecordRules.NONE;
    private int end;
    private int batches;
    private long records;
    private long maxTimestampMs;

    LogAppender(LogState log, LogRoller roller, LogFlusher flusher) {
        this.log = log;
        this.roller = roller;
        this.flusher = flusher;
    }

    AppendStatus appendAsLeader(ByteBuffer buffer, int leaderEpoch, AppendOrigin origin, AppendResult result) {
        result.reset();
        log.lock.lock();
        try {
            return log.isWritable() ? lead(buffer, leaderEpoch, origin, result) : AppendStatus.OFFLINE;
        } catch (StorageException e) {
            return failed(e, result);
        } catch (InternalError e) {
            // A page of a mapping could not be had. On JDK 17 this may come from any line after the access.
            return failed(
                    new StorageException(StorageException.Kind.IO, "mapped access", log.directory, -1, e), result);
        } finally {
            log.lock.unlock();
        }
    }

    AppendStatus appendAsFollower(ByteBuffer buffer, AppendResult result) {
        result.reset();
        log.lock.lock();
        try {
            return log.isWritable() ? follow(buffer, result) : AppendStatus.OFFLINE;
        } catch (StorageException e) {
            return failed(e, result);
        } catch (InternalError e) {
            return failed(
                    new StorageException(StorageException.Kind.IO, "mapped access", log.directory, -1, e), result);
        } finally {
            log.lock.unlock();
        }
    }

    private AppendStatus failed(StorageException cause, AppendResult result) {
        if (cause.kind() != StorageException.Kind.NO_SPACE) {
            log.fail(cause);
            return result.refused(AppendStatus.OFFLINE, -1, cause.getMessage());
        }
        if (!full) {
            full = true;
            log.runtime.listener().spaceLow(log.directory, cause);
        }
        return result.refused(AppendStatus.NO_SPACE, -1, cause.getMessage());
    }

    // ---- leader
    // ------------------------------------------------------------------------------------------------------------------

    private AppendStatus lead(ByteBuffer buffer, int leaderEpoch, AppendOrigin origin, AppendResult result) {
        int at = buffer.position();
        rules = log.rules();
        if (rules.needsClock()) {
            knownNowMs = log.runtime.clock().millis();
        }
        AppendStatus checked = checkBatches(buffer, origin, knownNowMs, result);
        if (checked == AppendStatus.INVALID_TIMESTAMP) {
            knownNowMs = log.runtime.clock().millis();
            checked = checkBatches(buffer, origin, knownNowMs, result);
        }
        if (checked == AppendStatus.APPENDED) {
            checked = checkProducers(buffer, leaderEpoch, origin, result);
        }
        if (checked != AppendStatus.APPENDED) {
            return checked;
        }
        writeUnwritten();
        long first = log.offsets.end();
        roller.rollFor(end - at, first + records - 1, maxTimestampMs);
        log.epochs.assign(leaderEpoch, first);
        assign(buffer, first, leaderEpoch);
        log.segments.active().append(buffer, at, end - at);
        makeKnown(buffer, at);
        publish(first + records);
        appendedBytes.lazySet(appendedBytes.getPlain() + end - at);
        appendedRecords.lazySet(appendedRecords.getPlain() + records);
        long appendTimeMs = rules.logAppendTime() ? knownNowMs : AppendResult.NONE;
        result.appended(first, first + records - 1, appendTimeMs, log.offsets.logStart());
        return AppendStatus.APPENDED;
    }

    /** Checks every batch and sets what the leader decides about timestamps; finds where the last whole batch ends. */
    private AppendStatus checkBatches(ByteBuffer buffer, AppendOrigin origin, long nowMs, AppendResult result) {
        begin(buffer.position());
        int limit = buffer.limit();
        while (end < limit) {
            BatchVerdict verdict = check(buffer, end, limit, origin, nowMs);
            if (verdict == BatchVerdict.INCOMPLETE && batches > 0) {
                break; // what a producer cut off at the end of its request is dropped, as Kafka does
            }
            if (verdict != BatchVerdict.VALID) {
                return result.refused(status(verdict), batches, validator.explain(verdict, buffer, end, limit));
            }
            AppendStatus allowed = allowed(buffer, end, origin, result);
            if (allowed != AppendStatus.APPENDED) {
                return allowed;
            }
            count(buffer, end);
        }
        return checkSize(end - buffer.position(), result);
    }

    private void begin(int at) {
        end = at;
        batches = 0;
        records = 0;
        maxTimestampMs = RecordBatchDescriptor.NO_TIMESTAMP;
    }

    private void count(ByteBuffer buffer, int at) {
        maxTimestampMs = Math.max(maxTimestampMs, RecordBatchDescriptor.maxTimestamp(buffer, at));
        records += RecordBatchDescriptor.lastOffsetDelta(buffer, at) + 1L;
        batches++;
        end = at + RecordBatchDescriptor.sizeInBytes(buffer, at);
    }

    private BatchVerdict check(ByteBuffer buffer, int at, int limit, AppendOrigin origin, long nowMs) {
        if (origin != AppendOrigin.CLIENT) {
            return checkTrusted(buffer, at, limit, origin, nowMs);
        }
        BatchVerdict verdict = validator.checkFromClient(buffer, at, limit);
        if (verdict != BatchVerdict.VALID) {
            return verdict;
        }
        boolean plain = RecordBatchDescriptor.codec(buffer, at) == 0;
        if (plain) {
            verdict = validator.checkRecords(buffer, at, rules, nowMs);
        }
        if (verdict == BatchVerdict.VALID) {
            long largest = plain ? validator.maxTimestampMs() : RecordBatchDescriptor.maxTimestamp(buffer, at);
            setTimestamps(buffer, at, largest, nowMs);
        }
        return verdict;
    }

    private BatchVerdict checkTrusted(ByteBuffer buffer, int at, int limit, AppendOrigin origin, long nowMs) {
        BatchVerdict verdict = origin == AppendOrigin.LIBRARY
                ? BatchValidator.checkFraming(buffer, at, limit)
                : validator.checkIntegrity(buffer, at, limit);
        if (verdict == BatchVerdict.VALID && RecordBatchDescriptor.lastOffsetDelta(buffer, at) < 0) {
            verdict = BatchVerdict.INVALID_RECORD;
        }
        if (verdict == BatchVerdict.VALID) {
            setTimestamps(buffer, at, RecordBatchDescriptor.maxTimestamp(buffer, at), nowMs);
        }
        return verdict;
    }

    private void setTimestamps(ByteBuffer buffer, int at, long largestMs, long nowMs) {
        boolean appendTime = rules.logAppendTime();
        RecordBatchDescriptor.setMaxTimestamp(
                buffer, at, appendTime, appendTime ? nowMs : largestMs, validator.scratch());
    }

    private static AppendStatus status(BatchVerdict verdict) {
        return switch (verdict) {
            case VALID -> AppendStatus.APPENDED;
            case CORRUPT -> AppendStatus.CORRUPT;
            case UNSUPPORTED_MAGIC -> AppendStatus.UNSUPPORTED_MAGIC;
            case UNSUPPORTED_COMPRESSION -> AppendStatus.UNSUPPORTED_COMPRESSION;
            case INCOMPLETE, INVALID_RECORD -> AppendStatus.INVALID_RECORD;
            case INVALID_TIMESTAMP -> AppendStatus.INVALID_TIMESTAMP;
        };
    }

    /** What a sound batch may still not be: too large, or one of several where only one is allowed. */
    private AppendStatus allowed(ByteBuffer buffer, int at, AppendOrigin origin, AppendResult result) {
        int size = RecordBatchDescriptor.sizeInBytes(buffer, at);
        int sizeMax = log.config().maxMessageBytes();
        if (size > sizeMax) {
            return result.refused(
                    AppendStatus.TOO_LARGE, batches, "batch of " + size + " bytes, max.message.bytes=" + sizeMax);
        }
        boolean alone = origin == AppendOrigin.CLIENT || RecordBatchDescriptor.hasProducerId(buffer, at);
        return batches > 0 && alone
                ? result.refused(AppendStatus.INVALID_RECORD, batches, "more than one batch in an append")
                : AppendStatus.APPENDED;
    }

    private AppendStatus checkSize(int bytes, AppendResult result) {
        if (batches == 0) {
            return result.refused(AppendStatus.INVALID_RECORD, 0, "append without a batch");
        }
        int segmentBytes = log.config().segmentBytes();
        return bytes <= segmentBytes
                ? AppendStatus.APPENDED
                : result.refused(
                        AppendStatus.TOO_LARGE, -1, "append of " + bytes + " bytes, segment.bytes=" + segmentBytes);
    }

    private AppendStatus checkProducers(ByteBuffer buffer, int leaderEpoch, AppendOrigin origin, AppendResult result) {
        if (leaderEpoch < log.epochs.latestEpoch() || leaderEpoch < log.leaderEpochMin) {
            int newer = Math.max(log.epochs.latestEpoch(), log.leaderEpochMin);
            String what = "leader epoch " + leaderEpoch + " after " + newer;
            return result.refused(AppendStatus.FENCED_EPOCH, -1, what);
        }
        int index = 0;
        for (int at = buffer.position(); at < end; at += RecordBatchDescriptor.sizeInBytes(buffer, at)) {
            if (RecordBatchDescriptor.hasProducerId(buffer, at) && !RecordBatchDescriptor.isControl(buffer, at)) {
                AppendStatus status = checkProducer(buffer, at, origin, index, result);
                if (status != AppendStatus.APPENDED) {
                    return status;
                }
            }
            index++;
        }
        return AppendStatus.APPENDED;
    }

    private AppendStatus checkProducer(ByteBuffer buffer, int at, AppendOrigin origin, int index, AppendResult result) {
        ProducerStates producers = log.producers;
        ProducerVerdict verdict = producers.check(
                RecordBatchDescriptor.producerId(buffer, at),
                RecordBatchDescriptor.producerEpoch(buffer, at),
                RecordBatchDescriptor.baseSequence(buffer, at),
                RecordBatchDescriptor.lastSequence(buffer, at),
                RecordBatchDescriptor.isTransactional(buffer, at),
                origin == AppendOrigin.CLIENT);
        if (verdict == ProducerVerdict.ACCEPTED) {
            return AppendStatus.APPENDED;
        }
        if (verdict == ProducerVerdict.DUPLICATE) {
            result.duplicateOf(
                    producers.duplicateFirstOffset(),
                    producers.duplicateLastOffset(),
                    rules.logAppendTime() ? producers.duplicateTimestampMs() : AppendResult.NONE);
            result.logStartOffset(log.offsets.logStart());
            return AppendStatus.DUPLICATE;
        }
        return result.refused(status(verdict), index, explain(verdict, buffer, at));
    }

    private static AppendStatus status(ProducerVerdict verdict) {
        return switch (verdict) {
            case ACCEPTED -> AppendStatus.APPENDED;
            case DUPLICATE -> AppendStatus.DUPLICATE;
            case OUT_OF_ORDER_SEQUENCE -> AppendStatus.OUT_OF_ORDER_SEQUENCE;
            case INVALID_PRODUCER_EPOCH, COORDINATOR_FENCED -> AppendStatus.INVALID_PRODUCER_EPOCH;
            case INVALID_TXN_STATE -> AppendStatus.INVALID_TXN_STATE;
        };
    }

    private static String explain(ProducerVerdict verdict, ByteBuffer buffer, int at) {
        return verdict + " producerId=" + RecordBatchDescriptor.producerId(buffer, at)
                + " epoch=" + RecordBatchDescriptor.producerEpoch(buffer, at)
                + " baseSequence=" + RecordBatchDescriptor.baseSequence(buffer, at);
    }

    private void assign(ByteBuffer buffer, long first, int leaderEpoch) {
        long offset = first;
        for (int at = buffer.position(); at < end; at += RecordBatchDescriptor.sizeInBytes(buffer, at)) {
            RecordBatchDescriptor.assign(buffer, at, offset, leaderEpoch);
            offset += RecordBatchDescriptor.lastOffsetDelta(buffer, at) + 1L;
        }
    }

    // ---- follower
    // ----------------------------------------------------------------------------------------------------------------

    private AppendStatus follow(ByteBuffer buffer, AppendResult result) {
        long first = log.offsets.end();
        AppendStatus checked = checkReplicated(buffer, first, result);
        if (checked != AppendStatus.APPENDED) {
            return checked;
        }
        writeUnwritten();
        int last = end;
        int at = buffer.position();
        while (at < last) {
            at = appendRun(buffer, at, last);
        }
        result.appended(first, log.offsets.end() - 1, AppendResult.NONE, log.offsets.logStart());
        return AppendStatus.APPENDED;
    }

    private AppendStatus checkReplicated(ByteBuffer buffer, long first, AppendResult result) {
        begin(buffer.position());
        int limit = buffer.limit();
        long expected = first;
        while (end < limit) {
            BatchVerdict verdict = validator.checkIntegrity(buffer, end, limit);
            if (verdict == BatchVerdict.INCOMPLETE && batches > 0) {
                break; // a fetched slice ends where its size was used up
            }
            if (verdict != BatchVerdict.VALID) {
                return result.refused(status(verdict), batches, validator.explain(verdict, buffer, end, limit));
            }
            if (!follows(buffer, end, expected)) {
                long base = RecordBatchDescriptor.baseOffset(buffer, end);
                String what = "batch has base offset " + base + " where " + expected + " is next";
                return result.refused(AppendStatus.OFFSET_MISMATCH, batches, what);
            }
            expected = RecordBatchDescriptor.lastOffset(buffer, end) + 1;
            count(buffer, end);
        }
        return batches > 0
                ? AppendStatus.APPENDED
                : result.refused(AppendStatus.INVALID_RECORD, 0, "append without a batch");
    }

    /** Compaction on the leader leaves gaps; without it, a gap is a fault of whoever sent the batch. */
    private boolean follows(ByteBuffer buffer, int at, long expected) {
        long base = RecordBatchDescriptor.baseOffset(buffer, at);
        boolean ascends = base >= expected && RecordBatchDescriptor.lastOffsetDelta(buffer, at) >= 0;
        return ascends && (base == expected || log.config().compactPolicy());
    }

    /** Appends as many batches as belong into one segment, and publishes them; returns where the next one begins. */
    private int appendRun(ByteBuffer buffer, int from, int last) {
        int segmentBytes = log.config().segmentBytes();
        begin(from);
        count(buffer, from);
        roller.rollFor(end - from, RecordBatchDescriptor.lastOffset(buffer, from), maxTimestampMs);
        Segment active = log.segments.active();
        while (end < last && belongs(buffer, active, from, segmentBytes)) {
            count(buffer, end);
        }
        assignEpochs(buffer, from);
        active.append(buffer, from, end - from);
        long nextOffset = makeKnown(buffer, from);
        publish(nextOffset);
        return end;
    }

    private boolean belongs(ByteBuffer buffer, Segment active, int from, int segmentBytes) {
        int bytes = end - from + RecordBatchDescriptor.sizeInBytes(buffer, end);
        return !active.isFullFor(bytes, RecordBatchDescriptor.lastOffset(buffer, end), segmentBytes);
    }

    private void assignEpochs(ByteBuffer buffer, int from) {
        for (int at = from; at < end; at += RecordBatchDescriptor.sizeInBytes(buffer, at)) {
            int epoch = RecordBatchDescriptor.leaderEpoch(buffer, at);
            if (epoch >= 0) {
                log.epochs.assign(epoch, RecordBatchDescriptor.baseOffset(buffer, at));
            }
        }
    }

    // ---- both
    // --------------------------------------------------------------------------------------------------------------------

    /** Makes what was written known to the producer states; returns the offset after it. */
    private long makeKnown(ByteBuffer buffer, int from) {
        long next = log.offsets.end();
        for (int at = from; at < end; at += RecordBatchDescriptor.sizeInBytes(buffer, at)) {
            CompletedTransaction completed = log.producers.append(buffer, at);
            if (completed != null) {
                unwritten.add(completed);
            }
            next = RecordBatchDescriptor.lastOffset(buffer, at) + 1;
        }
        log.producers.advanceTo(next);
        if (!unwritten.isEmpty()) {
            tryWriteUnwritten();
        }
        return next;
    }

    private void tryWriteUnwritten() {
        try {
            writeUnwritten();
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.NO_SPACE) {
                throw e;
            }
        }
    }

    /** A decided transaction becomes stable only when its abort stands in the index, where readers look for it. */
    private void writeUnwritten() {
        CompletedTransaction next = unwritten.peek();
        while (next != null) {
            if (next.aborted()) {
                AbortedTransactionIndex index = log.segments.active().aborted();
                boolean isNew = index.isEmpty();
                index.append(next.toAborted());
                if (isNew) {
                    // Nobody misses the file after a loss of power: its name has to be on the disk as well.
                    log.directoryChanged = true;
                }
            }
            log.producers.complete(next);
            unwritten.remove();
            next = unwritten.peek();
        }
    }

    private void publish(long endOffset) {
        log.publishEnd(endOffset);
        if (full) {
            full = false;
            log.runtime.listener().spaceBack(log.directory);
        }
        if (endOffset - log.offsets.flushed() >= log.config().flushMessages()) {
            flusher.request();
        }
    }
}
