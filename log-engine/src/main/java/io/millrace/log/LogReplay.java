package io.millrace.log;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.producer.CompletedTransaction;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.segment.BatchWalk;
import io.millrace.log.segment.Segment;

/** Reads batches that are in the log already for the states that are kept beside it. */
final class LogReplay {
    private LogReplay() {}

    /** Shows the producer states what a snapshot does not cover. The transaction index has their aborts already. */
    static void replay(ProducerStates producers, Segment[] segments, long from, long to) {
        if (from < to) {
            for (int i = LogSegments.floorIndex(segments, from); i < segments.length; i++) {
                BatchWalk.forEach(segments[i], from, to, (segment, buffer, at) -> {
                    CompletedTransaction completed = producers.append(buffer, at);
                    if (completed != null) {
                        producers.complete(completed);
                    }
                });
            }
        }
        producers.advanceTo(to);
    }

    /** Makes the epochs anew, whose file was lost. */
    static void epochs(LeaderEpochs epochs, Segment segment) {
        BatchWalk.forEach(segment, segment.baseOffset(), Long.MAX_VALUE, (same, buffer, at) -> {
            int epoch = RecordBatchDescriptor.leaderEpoch(buffer, at);
            if (epoch > epochs.latestEpoch()) {
                epochs.assign(epoch, RecordBatchDescriptor.baseOffset(buffer, at));
            }
        });
    }
}
