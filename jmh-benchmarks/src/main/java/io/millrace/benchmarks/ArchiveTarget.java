package io.millrace.benchmarks;

import io.aeron.ExclusivePublication;
import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveThreadingMode;
import io.aeron.archive.ArchivingMediaDriver;
import io.aeron.archive.client.AeronArchive;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Aeron Archive, recording a publication over IPC, driver and archive on one thread each in this process. An append is an offer; the
 * recorder behind it holds the publisher back when it cannot follow.
 */
final class ArchiveTarget implements AppendTarget {
    private static final int STREAM = 1001;
    private static final String CHANNEL = "aeron:ipc?term-length=64m";

    private final ArchivingMediaDriver driver;
    private final AeronArchive archive;
    private final ExclusivePublication publication;
    private final UnsafeBuffer batch;

    ArchiveTarget(Path directory, ByteBuffer batch) {
        String aeron = directory.resolve("aeron").toString();
        MediaDriver.Context driverContext = new MediaDriver.Context()
                .aeronDirectoryName(aeron)
                .threadingMode(ThreadingMode.SHARED)
                .dirDeleteOnShutdown(true);
        Archive.Context archiveContext = new Archive.Context()
                .aeronDirectoryName(aeron)
                .archiveDir(directory.resolve("archive").toFile())
                .controlChannelEnabled(false)
                .archiveClientContext(new AeronArchive.Context().controlResponseChannel("aeron:ipc"))
                .localControlChannel("aeron:ipc")
                .recordingEventsEnabled(false)
                .replicationChannel("aeron:udp?endpoint=localhost:0")
                .threadingMode(ArchiveThreadingMode.SHARED);
        driver = ArchivingMediaDriver.launch(driverContext, archiveContext);
        archive = AeronArchive.connect(new AeronArchive.Context()
                .aeronDirectoryName(aeron)
                .controlRequestChannel("aeron:ipc")
                .controlResponseChannel("aeron:ipc"));
        publication = archive.addRecordedExclusivePublication(CHANNEL, STREAM);
        this.batch = new UnsafeBuffer(Batches.directCopy(batch));
        while (!publication.isConnected()) {
            Thread.onSpinWait();
        }
    }

    @Override
    public long append() {
        long position;
        while ((position = publication.offer(batch)) < 0) {
            Thread.onSpinWait();
        }
        return position;
    }

    @Override
    public void close() {
        publication.close();
        archive.close();
        driver.close();
    }
}
