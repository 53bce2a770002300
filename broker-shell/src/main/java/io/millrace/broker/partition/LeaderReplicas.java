package io.millrace.broker.partition;

import io.millrace.log.PartitionLog;
import io.millrace.log.epoch.EpochStart;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The other replicas of a partition that this node leads: how far each has come, which are in sync, and the change of the ISR that the
 * controller has not answered yet. Lives as long as the set of replicas and the term; guarded by the partition's lock, but for {@link
 * #isAlone}.
 *
 * <p>Two sets: the ISR as the controller has it, by which acks=all is admitted; and the maximal ISR, with a follower that is being added,
 * by which the high watermark is reckoned. A follower that is being taken out holds the watermark back until the controller agrees: either
 * set may be the one from which the next leader comes.
 */
final class LeaderReplicas {
    private static final long HELD_BACK = -1;
    private static final int NOBODY = -1;

    private final Partition partition;
    private final Replication replication;
    private final int nodeId;
    private final FollowerState[] followers;
    private final long epochStartOffset;
    private PartitionState state;
    private @Nullable IsrProposal pending;

    /** Nobody else is in the maximal ISR. Read by appends without the lock. */
    private volatile boolean alone;

    /**
     * The followers of {@code next}, null where nobody else has a replica; the log is told which.
     *
     * @param before those of the state before, null where this node did not lead, or had none
     */
    static @Nullable LeaderReplicas begin(
            Partition partition,
            int nodeId,
            Replication replication,
            PartitionState next,
            @Nullable LeaderReplicas before,
            PartitionLog log) {
        boolean alone = next.replicas().stream().allMatch(id -> id == nodeId);
        log.replicated(!alone);
        if (alone) {
            return null;
        }
        long end = log.logEndOffset();
        long start = log.epochs().entries().stream()
                .filter(each -> each.epoch() == next.leaderEpoch())
                .mapToLong(EpochStart::startOffset)
                .findFirst()
                .orElse(end);
        return new LeaderReplicas(partition, nodeId, replication, next, before, start, end);
    }

    private LeaderReplicas(
            Partition partition,
            int nodeId,
            Replication replication,
            PartitionState next,
            @Nullable LeaderReplicas before,
            long epochStartOffset,
            long leaderEnd) {
        this.partition = partition;
        this.nodeId = nodeId;
        this.replication = replication;
        this.epochStartOffset = epochStartOffset;
        this.state = next;
        this.followers = next.replicas().stream()
                .filter(id -> id != nodeId)
                .map(id -> known(before, id))
                .toArray(FollowerState[]::new);
        reckon();
        if (before == null || before.state.leaderEpoch() != next.leaderEpoch()) {
            long nowMs = replication.clockMs().getAsLong();
            for (FollowerState follower : followers) {
                follower.beginTerm(before != null, leaderEnd, nowMs);
            }
        } else if (before.state.partitionEpoch() == next.partitionEpoch()) {
            pending = before.pending;
            reckon();
        }
    }

    private static FollowerState known(@Nullable LeaderReplicas before, int id) {
        FollowerState known = before == null ? null : before.get(id);
        return known == null ? new FollowerState(id) : known;
    }

    @Nullable
    FollowerState get(int id) {
        for (FollowerState follower : followers) {
            if (follower.id() == id) {
                return follower;
            }
        }
        return null;
    }

    /** Where the term began in the log. */
    long epochStartOffset() {
        return epochStartOffset;
    }

    /** Whether the high watermark moves by the leader's own appends. Any thread. */
    boolean isAlone() {
        return alone;
    }

    /**
     * How far the high watermark may go: what all have that are in sync, or are about to be. Below {@code min.insync.replicas} it stays
     * where it is, so that nothing is committed that a leader out of the ELR might not have.
     */
    long highWatermark(long leaderEnd, int minInsyncReplicas) {
        if (state.isr().size() < Math.min(minInsyncReplicas, followers.length + 1)) {
            return HELD_BACK;
        }
        long lowest = leaderEnd;
        for (FollowerState follower : followers) {
            if (follower.logEndOffset() < lowest && (follower.inMaximalIsr() || isJoining(follower, leaderEnd))) {
                lowest = follower.logEndOffset();
            }
        }
        return lowest;
    }

    private boolean isJoining(FollowerState follower, long leaderEnd) {
        return follower.isCaughtUp(leaderEnd, replication.clockMs().getAsLong(), replication.lagMaxMs())
                && follower.isEligible(replication.brokers());
    }

    /** The replica in sync and in a rack that has an offset and is farthest, the leader before all; -1 for none. */
    int inRack(String rack, long offset) {
        LiveBrokers brokers = replication.brokers();
        if (brokers.rack(nodeId).equals(rack)) {
            return nodeId;
        }
        FollowerState best = null;
        for (FollowerState follower : followers) {
            boolean has = follower.inIsr() && follower.logStartOffset() <= offset && offset <= follower.logEndOffset();
            boolean better = best == null || follower.logEndOffset() > best.logEndOffset();
            if (has && better && brokers.rack(follower.id()).equals(rack) && brokers.mayJoin(follower.id())) {
                best = follower;
            }
        }
        return best == null ? NOBODY : best.id();
    }

    /** The change that takes a follower in, or null where it is in, may not come in, or something else is on its way. */
    @Nullable
    IsrProposal proposeToAdd(FollowerState follower, long highWatermark) {
        boolean caughtUp = follower.logEndOffset() >= highWatermark && follower.logEndOffset() >= epochStartOffset;
        if (pending != null || follower.inIsr() || !caughtUp || !follower.isEligible(replication.brokers())) {
            return null;
        }
        return propose(each -> each.inIsr() || each == follower);
    }

    /** The change that takes those out who lag behind, or null where there are none, or something is on its way. */
    @Nullable
    IsrProposal proposeToRemove(long leaderEnd) {
        long nowMs = replication.clockMs().getAsLong();
        boolean someLag = false;
        for (FollowerState follower : followers) {
            someLag |= follower.inIsr() && !follower.isCaughtUp(leaderEnd, nowMs, replication.lagMaxMs());
        }
        return pending != null || !someLag
                ? null
                : propose(each -> each.inIsr() && each.isCaughtUp(leaderEnd, nowMs, replication.lagMaxMs()));
    }

    private IsrProposal propose(Predicate<FollowerState> stays) {
        List<IsrProposal.Member> members = new ArrayList<>(followers.length + 1);
        for (int id : state.replicas()) {
            FollowerState follower = get(id);
            if (id == nodeId) {
                members.add(new IsrProposal.Member(id, LiveBrokers.UNKNOWN_EPOCH));
            } else if (follower != null && stays.test(follower)) {
                members.add(new IsrProposal.Member(id, follower.brokerEpoch()));
            }
        }
        IsrProposal proposed = new IsrProposal(partition, state, members);
        pending = proposed;
        reckon();
        return proposed;
    }

    boolean isPending(IsrProposal proposal) {
        return pending == proposal;
    }

    /** The ISR is another one now. */
    void commit(PartitionState next) {
        state = next;
        pending = null;
        reckon();
    }

    /** The ISR stays what it was. */
    void withdraw() {
        pending = null;
        reckon();
    }

    private void reckon() {
        boolean nobody = true;
        for (FollowerState follower : followers) {
            boolean committed = state.isr().contains(follower.id());
            boolean proposed =
                    pending != null && pending.isr().stream().anyMatch(member -> member.brokerId() == follower.id());
            follower.isr(committed, committed || proposed);
            nobody &= !(committed || proposed);
        }
        alone = nobody;
    }
}
