package io.millrace.broker.replica;

import io.millrace.broker.partition.Partition;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A follower whose end the leader does not have. Beyond the leader's end (an unclean election): cut to it. Below the leader's start
 * (retention while the follower was away): begin anew there. In between, the leader has moved meanwhile: fetch again. Stateless but for
 * the connection; on the fetcher's thread.
 */
final class OutOfRange {
    private static final Logger LOG = LoggerFactory.getLogger(OutOfRange.class);

    private final LeaderLink link;
    private final int nodeId;

    OutOfRange(LeaderLink link, int nodeId) {
        this.link = link;
        this.nodeId = nodeId;
    }

    /** Asks the leader and puts the log where it can be fetched from. */
    void resolve(FollowedPartition followed) throws IOException {
        long nowNs = System.nanoTime();
        try {
            ListOffsetsPartitionResponse latest = ask(followed, ListOffsetsRequest.LATEST_TIMESTAMP);
            if (isUsable(followed, latest, nowNs)) {
                resolve(followed, latest.offset(), nowNs);
            }
        } catch (StorageException e) {
            AnswerRow.failed(followed, e, nowNs);
        }
    }

    private void resolve(FollowedPartition followed, long leaderEnd, long nowNs) throws IOException {
        Partition partition = followed.partition();
        long end = partition.logEndOffset();
        if (leaderEnd < end) {
            long highWatermark = partition.log().highWatermark();
            LOG.warn("cutting partition={} from={} to={}: the leader ends there", followed, end, leaderEnd);
            done(followed, partition.truncateTo(leaderEnd, followed.leaderEpoch()));
            AnswerRow.warnOfLoss(followed, highWatermark);
            return;
        }
        ListOffsetsPartitionResponse earliest = ask(followed, ListOffsetsRequest.EARLIEST_TIMESTAMP);
        if (!isUsable(followed, earliest, nowNs)) {
            return;
        }
        if (earliest.offset() > end) {
            LOG.warn(
                    "beginning anew partition={} at={}: the log ended at {}, the leader begins later",
                    followed,
                    earliest.offset(),
                    end);
            done(followed, partition.restartAt(earliest.offset(), followed.leaderEpoch()));
        } else {
            done(followed, true);
        }
    }

    private static void done(FollowedPartition followed, boolean inTerm) {
        followed.outOfRange(false);
        if (!inTerm) {
            followed.drop();
        }
    }

    private static boolean isUsable(FollowedPartition followed, ListOffsetsPartitionResponse row, long nowNs) {
        Errors error = Errors.forCode(row.errorCode());
        if (error == Errors.NONE && row.offset() >= 0) {
            return true;
        }
        followed.outOfRange(false);
        followed.pause("asked for the leader's offsets: " + error, nowNs);
        return false;
    }

    private ListOffsetsPartitionResponse ask(FollowedPartition followed, long timestamp) throws IOException {
        ListOffsetsTopic topic = new ListOffsetsTopic()
                .setName(followed.partition().topic())
                .setPartitions(List.of(new ListOffsetsPartition()
                        .setPartitionIndex(followed.number())
                        .setCurrentLeaderEpoch(followed.leaderEpoch())
                        .setTimestamp(timestamp)));
        var request = ListOffsetsRequest.Builder.forReplica(ApiKeys.LIST_OFFSETS.latestVersion(), nodeId)
                .setTargetTimes(List.of(topic));
        if (link.call(request, () -> false) instanceof ListOffsetsResponse answer) {
            for (ListOffsetsTopicResponse each : answer.topics()) {
                for (ListOffsetsPartitionResponse row : each.partitions()) {
                    if (each.name().equals(followed.partition().topic()) && row.partitionIndex() == followed.number()) {
                        return row;
                    }
                }
            }
        }
        throw new IOException("no answer about the offsets of " + followed);
    }
}
