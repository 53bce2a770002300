package io.millrace.broker.schema.validate;

import io.millrace.broker.config.ValidationSettings;
import io.millrace.broker.config.ValidationSettings.Strategy;
import io.millrace.broker.partition.RecordCheck;
import io.millrace.broker.schema.registry.RegistryException;
import io.millrace.broker.schema.registry.SchemaStore;
import io.millrace.broker.schema.store.SchemaIndex;
import io.millrace.broker.schema.store.SubjectName;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether keys and values of a topic begin with a zero and the id of a schema that is registered for their subject. An id that
 * was found is remembered until the registry changes, so that an event loop decides by itself; one that is not known yet is
 * looked up where blocking is allowed. Null passes: a tombstone has no schema.
 */
public final class RecordSchemaCheck implements RecordCheck {
    private static final Logger LOG = LoggerFactory.getLogger(RecordSchemaCheck.class);
    private static final int HEADER_BYTES = 5;
    private static final int CLIENTS_COUNTED_MOST = 1_000;

    private final String topic;
    private final ValidationSettings settings;
    private final @Nullable SchemaStore store;
    private final Map<String, LongAdder> counted = new ConcurrentHashMap<>();

    private volatile Known known = new Known(-1);

    /** Ids that were found since the registry changed last. */
    private static final class Known {
        final long generation;
        final Set<Integer> ofKeys = ConcurrentHashMap.newKeySet();
        final Set<Integer> ofValues = ConcurrentHashMap.newKeySet();

        Known(long generation) {
            this.generation = generation;
        }
    }

    /** For one topic; without a store every record is refused. */
    public RecordSchemaCheck(String topic, ValidationSettings settings, @Nullable SchemaStore store) {
        this.topic = topic;
        this.settings = settings;
        this.store = store;
    }

    @Override
    public Verdict check(Record record, boolean mayBlock) {
        Verdict key = settings.keys() ? check(record.key(), true, mayBlock) : Verdict.PASSED;
        return key != Verdict.PASSED || !settings.values() ? key : check(record.value(), false, mayBlock);
    }

    private Verdict check(@Nullable ByteBuffer bytes, boolean key, boolean mayBlock) {
        if (bytes == null) {
            return Verdict.PASSED;
        }
        if (store == null || !hasHeader(bytes)) {
            return Verdict.REFUSED;
        }
        int id = bytes.getInt(bytes.position() + 1);
        Known now = known(store.generation());
        Set<Integer> ids = key ? now.ofKeys : now.ofValues;
        if (ids.contains(id)) {
            return Verdict.PASSED;
        }
        if (!mayBlock) {
            return Verdict.UNDECIDED;
        }
        if (!isRegistered(store, id, key)) {
            return Verdict.REFUSED;
        }
        ids.add(id);
        return Verdict.PASSED;
    }

    private Known known(long generation) {
        Known now = known;
        if (now.generation != generation) {
            now = new Known(generation);
            known = now;
        }
        return now;
    }

    private static boolean hasHeader(ByteBuffer bytes) {
        return bytes.remaining() >= HEADER_BYTES && bytes.get(bytes.position()) == 0;
    }

    private boolean isRegistered(SchemaStore schemas, int id, boolean key) {
        try {
            return schemas.read(index -> isRegistered(index, id, key));
        } catch (RegistryException e) {
            return false;
        }
    }

    private boolean isRegistered(SchemaIndex index, int id, boolean key) {
        Strategy strategy = key ? settings.keyStrategy() : settings.valueStrategy();
        return index.byId(SubjectName.DEFAULT_CONTEXT, id).stream()
                .filter(user -> !user.deleted())
                .anyMatch(user -> switch (strategy) {
                    case TOPIC -> user.subject().equals(topic + (key ? "-key" : "-value"));
                    case RECORD -> true;
                    case TOPIC_RECORD -> user.subject().startsWith(topic + "-");
                });
    }

    @Override
    public String explain(Record record) {
        if (store == null) {
            return "this broker has no schema registry (schema.registry.listeners)";
        }
        boolean keyAtFault = settings.keys() && check(record.key(), true, true) == Verdict.REFUSED;
        ByteBuffer bytes = keyAtFault ? record.key() : record.value();
        String part = keyAtFault ? "key" : "value";
        if (bytes == null || !hasHeader(bytes)) {
            return "its " + part + " does not begin with a zero and the id of a schema";
        }
        return "the schema id " + bytes.getInt(bytes.position() + 1) + " of its " + part
                + " is not registered for the topic " + topic;
    }

    @Override
    public boolean rejects() {
        return settings.mode() == ValidationSettings.Mode.REJECT;
    }

    /** Says so at the first record of a client, and at each power of two. */
    @Override
    public void count(String clientId, int records) {
        if (counted.size() >= CLIENTS_COUNTED_MOST && !counted.containsKey(clientId)) {
            return;
        }
        LongAdder adder = counted.computeIfAbsent(clientId, unused -> new LongAdder());
        long before = adder.sum();
        adder.add(records);
        long after = before + records;
        if (Long.highestOneBit(before) != Long.highestOneBit(after)) {
            LOG.warn("topic={} client={} records={} without a registered schema so far", topic, clientId, after);
        }
    }
}
