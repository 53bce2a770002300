package io.millrace.broker.node;

import io.millrace.broker.node.NodeFacts.RecoverySummary;
import io.millrace.log.LogListener;
import io.millrace.log.RecoveryReport;
import io.millrace.log.compact.CleaningReport;
import io.millrace.log.scrub.ScrubReport;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the operator what the logs meet, and keeps what recovery cut for the start report. Called on any thread, sometimes
 * under a log's lock.
 */
final class LogEvents implements LogListener {
    private static final Logger LOG = LoggerFactory.getLogger(LogEvents.class);

    /** One line for each torn tail; bounded by the number of logs, since only opening a log cuts one. */
    private final ConcurrentLinkedQueue<String> truncations = new ConcurrentLinkedQueue<>();

    @Override
    public void segmentRolled(Path log, long baseOffset) {
        LOG.debug("rolled log={} baseOffset={}", log, baseOffset);
    }

    @Override
    public void segmentDeleted(Path log, long baseOffset, long bytes, String reason) {
        LOG.info("deleted segment log={} baseOffset={} bytes={} reason={}", log, baseOffset, bytes, reason);
    }

    @Override
    public void tornTailCut(Path log, long fromOffset, long position, long bytes, String reason) {
        String line = log.getFileName() + " ends at offset " + fromOffset + " now, " + bytes
                + " bytes half written before the crash were cut: " + reason;
        truncations.add(line);
        LOG.warn(
                "cut torn tail log={} fromOffset={} position={} bytes={} reason={}",
                log,
                fromOffset,
                position,
                bytes,
                reason);
    }

    @Override
    public void recovered(Path log, int segments, long bytes, long elapsedNs) {
        if (bytes == 0) {
            return; // a log that was made just now
        }
        LOG.info("recovered log={} segments={} bytes={} ms={}", log, segments, bytes, elapsedNs / 1_000_000);
    }

    @Override
    public void cleaned(Path log, CleaningReport report) {
        LOG.info(
                "cleaned log={} from={} to={} segments={} now={} bytes={} now={} records={} now={} mapUse={}% ms={}",
                log,
                report.firstDirtyOffset(),
                report.endOffset(),
                report.segmentsBefore(),
                report.segmentsAfter(),
                report.bytesRead(),
                report.bytesWritten(),
                report.recordsRead(),
                report.recordsKept(),
                Math.round(100 * report.mapUse()),
                report.elapsedNs() / 1_000_000);
    }

    @Override
    public void notCleanable(Path log, String reason) {
        LOG.error("log is not compacted until it is opened again log={} reason={}", log, reason);
    }

    @Override
    public void scrubbed(Path dataDirectory, ScrubReport report) {
        if (report.segments() == 0) {
            return;
        }
        LOG.info(
                "scrubbed directory={} segments={} bytes={} damaged={} sumsAdded={} ms={}",
                dataDirectory,
                report.segments(),
                report.bytes(),
                report.damaged(),
                report.sumsAdded(),
                report.endedMs() - report.startedMs());
    }

    @Override
    public void indexRebuilt(Path log, long baseOffset, String reason) {
        LOG.info("rebuilt index log={} baseOffset={} reason={}", log, baseOffset, reason);
    }

    @Override
    public void failed(Path log, StorageException cause) {
        LOG.error("log is offline log={}", log, cause);
    }

    @Override
    public void backgroundFailure(Path file, StorageException cause) {
        LOG.warn("background work failed file={}", file, cause);
    }

    @Override
    public void spaceLow(Path log, StorageException cause) {
        LOG.error("no space left: appends are refused, reads go on log={} cause={}", log, cause.getMessage());
    }

    @Override
    public void spaceBack(Path log) {
        LOG.warn("space is back: appends succeed again log={}", log);
    }

    @Override
    public void reservationsDoNotHold(Path dataDirectory) {
        LOG.warn(
                "the file system cannot promise that reserved blocks can be written: appends go through the channel,"
                        + " which is safe and slower directory={}",
                dataDirectory);
    }

    /** What opening the directories found, for the start report. */
    RecoverySummary summary(List<RecoveryReport> reports) {
        int partitions = 0;
        int recovered = 0;
        long scannedBytes = 0;
        boolean clean = true;
        List<String> lines = new ArrayList<>(truncations);
        for (RecoveryReport report : reports) {
            partitions += report.logs().size() + report.offline().size();
            recovered += (int) report.logs().values().stream()
                    .filter(log -> log.scannedSegments() > 0)
                    .count();
            scannedBytes += report.scannedBytes();
            clean &= report.cleanShutdown();
            report.offline()
                    .forEach((name, cause) -> lines.add(name.directoryName() + " is offline: " + cause.getMessage()));
            lines.addAll(report.warnings());
        }
        return new RecoverySummary(partitions, clean, recovered, scannedBytes, lines);
    }
}
