package io.millrace.broker.replica;

import io.millrace.broker.partition.Partition;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows partitions of one leader: one connection, one thread, one fetch at a time. What is to be followed comes through an inbox, so that
 * the metadata thread never waits; a leader's long poll is given up for it.
 *
 * <p>Owned by {@link ReplicaFetchers}. All but {@link #follow}, {@link #forget} and {@link #stop} is its own thread's.
 */
final class LeaderFetcher implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderFetcher.class);
    private static final long IDLE_MS = 500;

    private final int leaderId;
    private final FetcherSettings settings;
    private final LeaderLink link;
    private final LongSupplier brokerEpoch;
    private final Predicate<LeaderFetcher> retires;
    private final OutOfRange outOfRange;

    private final FollowedPartitions followed = new FollowedPartitions();
    private final Set<FollowedPartition> troubled = new LinkedHashSet<>();
    private final FetchSession session = new FetchSession();
    private final AnswerRow row = new AnswerRow();
    private final Backoff backoff;
    private @Nullable String trouble;

    /** Terms to follow in, {@link #FORGET} for none. Guarded by itself. */
    private final Map<Partition, Integer> inbox = new LinkedHashMap<>();

    private static final Integer FORGET = -1;

    private volatile boolean mail;
    private volatile boolean stopped;

    /** @param retires asked when nothing is followed any more; true ends the thread, after which nothing comes */
    LeaderFetcher(
            int leaderId,
            FetcherSettings settings,
            LeaderLink link,
            LongSupplier brokerEpoch,
            Predicate<LeaderFetcher> retires) {
        this.leaderId = leaderId;
        this.settings = settings;
        this.link = link;
        this.brokerEpoch = brokerEpoch;
        this.retires = retires;
        this.outOfRange = new OutOfRange(link, settings.nodeId());
        this.backoff = new Backoff(settings.backoffMsMax());
    }

    // Any thread

    /** The partition is followed from now on, in that term. */
    void follow(Partition partition, int leaderEpoch) {
        post(partition, leaderEpoch);
    }

    /** The partition is followed no longer. */
    void forget(Partition partition) {
        post(partition, FORGET);
    }

    private void post(Partition partition, Integer what) {
        synchronized (inbox) {
            inbox.put(partition, what);
            mail = true;
            inbox.notifyAll();
        }
        link.wakeup();
    }

    /** Ends the thread soon. */
    void stop() {
        stopped = true;
        synchronized (inbox) {
            inbox.notifyAll();
        }
        link.stop();
    }

    boolean hasMail() {
        return mail;
    }

    // Its own thread

    @Override
    public void run() {
        try {
            while (!stopped) {
                if (turn()) {
                    return;
                }
            }
        } finally {
            link.close();
        }
    }

    /** One fetch, or one pause; true where there is nothing left to do. */
    private boolean turn() {
        try {
            readMail();
            if (followed.isEmpty()) {
                if (retires.test(this)) {
                    return true;
                }
                pause(IDLE_MS);
                return false;
            }
            settleTroubles();
            if (isAnyFetchable()) {
                fetch();
            } else {
                pause(settings.backoffMsMax());
            }
        } catch (IOException e) {
            failed(String.valueOf(e.getMessage()), null);
        } catch (RuntimeException e) {
            failed(e.toString(), e);
        }
        return false;
    }

    /** The connection, or the whole answer, is of no use: the next fetch names everything anew. */
    private void failed(String what, @Nullable RuntimeException unexpected) {
        session.broken();
        if (stopped) {
            return;
        }
        if (!what.equals(trouble)) {
            trouble = what;
            LOG.warn("cannot fetch from leader={}: {}; trying again", leaderId, what, unexpected);
        }
        pauseNs(backoff.nextNs());
    }

    private void readMail() {
        Map<Partition, Integer> letters;
        synchronized (inbox) {
            if (inbox.isEmpty()) {
                return;
            }
            letters = new LinkedHashMap<>(inbox);
            inbox.clear();
            mail = false;
        }
        letters.forEach(this::read);
    }

    private void read(Partition partition, Integer leaderEpoch) {
        FollowedPartition known = followed.get(partition);
        if (leaderEpoch.equals(FORGET)) {
            if (known != null) {
                remove(known);
            }
        } else if (known != null) {
            known.leaderEpoch(leaderEpoch);
            session.changed(known);
        } else if (partition.isOnline()) {
            add(new FollowedPartition(partition, leaderEpoch, settings.backoffMsMax()));
        }
    }

    private void add(FollowedPartition added) {
        FollowedPartition before = followed.get(added.topicId(), added.number());
        if (before != null) {
            remove(before);
        }
        try {
            cutWhatTellsNoEpoch(added);
            followed.add(added);
            session.changed(added);
        } catch (StorageException e) {
            AnswerRow.failed(added, e, System.nanoTime());
        }
    }

    /** Records without a leader epoch cannot be compared with the leader's: beyond the high watermark they go (KIP-101's rule for them). */
    private static void cutWhatTellsNoEpoch(FollowedPartition added) {
        Partition partition = added.partition();
        long keep = Math.max(partition.log().highWatermark(), partition.log().logStartOffset());
        if (added.lastEpoch() < 0 && added.fetchOffset() > keep) {
            LOG.warn(
                    "cutting partition={} from={} to its high watermark {}: its records tell no leader epoch",
                    added,
                    added.fetchOffset(),
                    keep);
            if (!partition.truncateTo(keep, added.leaderEpoch())) {
                added.drop();
            }
        }
    }

    private void remove(FollowedPartition removed) {
        removed.drop();
        followed.remove(removed);
        troubled.remove(removed);
        session.changed(removed);
    }

    // Troubles

    /** Those whose pause is over may be fetched again; those out of range are brought back into it. */
    private void settleTroubles() throws IOException {
        long nowNs = System.nanoTime();
        for (FollowedPartition each : List.copyOf(troubled)) {
            if (each.resumes(nowNs)) {
                if (each.isOutOfRange()) {
                    outOfRange.resolve(each);
                }
                troubled.remove(each);
                note(each);
            }
        }
    }

    /** Whatever has happened to a partition: where it belongs now. */
    private void note(FollowedPartition each) {
        session.changed(each);
        if (each.isDropped()) {
            followed.remove(each);
        } else if (!each.isFetchable()) {
            troubled.add(each);
        }
    }

    private boolean isAnyFetchable() {
        for (FollowedPartition each : followed.all()) {
            if (each.isFetchable()) {
                return true;
            }
        }
        return false;
    }

    // Fetching

    private void fetch() throws IOException {
        FetchRequestData request = new FetchRequestData()
                .setReplicaState(
                        new ReplicaState().setReplicaId(settings.nodeId()).setReplicaEpoch(brokerEpoch.getAsLong()))
                .setMaxWaitMs(troubled.isEmpty() ? settings.waitMsMax() : waitMsAmongTroubles())
                .setMinBytes(settings.bytesMin())
                .setMaxBytes(settings.answerBytesMax());
        session.fill(request, followed.all(), settings.partitionBytesMax());
        FetchResponse answer = (FetchResponse) link.call(new FetchBuilder(request), this::hasMail);
        if (answer == null) {
            session.broken(); // given up for what has come in
        } else if (session.accept(answer.data())) {
            apply(answer);
            works();
        } else {
            refused(Errors.forCode(answer.data().errorCode()));
        }
    }

    /** No row was answered. That a session is gone is all in a day's work: the leader has begun anew, or made room. */
    private void refused(Errors error) {
        if (error == Errors.FETCH_SESSION_ID_NOT_FOUND || error == Errors.INVALID_FETCH_SESSION_EPOCH) {
            LOG.debug("fetch session with leader={} has ended: {}", leaderId, error);
            pauseNs(backoff.nextNs());
        } else {
            failed("it answers " + error, null);
        }
    }

    /** A long poll must not outlast the pause of a partition that waits beside it. */
    private int waitMsAmongTroubles() {
        return (int) Math.max(1, Math.min(settings.waitMsMax(), untilNextRetryMs()));
    }

    private long untilNextRetryMs() {
        long nowNs = System.nanoTime();
        long untilNs = Long.MAX_VALUE;
        for (FollowedPartition each : troubled) {
            untilNs = Math.min(untilNs, each.isPaused() ? Math.max(0, each.retryAtNs() - nowNs) : 0);
        }
        return TimeUnit.NANOSECONDS.toMillis(untilNs) + 1;
    }

    private void works() {
        if (trouble != null) {
            LOG.info("fetching again from leader={}", leaderId);
            trouble = null;
        }
        backoff.reset();
    }

    private void apply(FetchResponse answer) {
        long nowNs = System.nanoTime();
        for (FetchableTopicResponse topic : answer.data().responses()) {
            for (PartitionData data : topic.partitions()) {
                FollowedPartition each = followed.get(topic.topicId(), data.partitionIndex());
                if (each != null && each.isInSession() && each.sentEpoch() == each.leaderEpoch()) {
                    row.apply(each, data, nowNs);
                    note(each);
                }
            }
        }
    }

    // Pauses

    private void pause(long msMax) {
        pauseNs(TimeUnit.MILLISECONDS.toNanos(troubled.isEmpty() ? msMax : Math.min(msMax, untilNextRetryMs())));
    }

    /** Waits, at most until something comes in. */
    private void pauseNs(long ns) {
        synchronized (inbox) {
            if (!mail && !stopped) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(inbox, ns);
                } catch (InterruptedException e) {
                    stopped = true;
                }
            }
        }
    }

    @Override
    public String toString() {
        return "LeaderFetcher[leader=" + leaderId + "]";
    }
}
