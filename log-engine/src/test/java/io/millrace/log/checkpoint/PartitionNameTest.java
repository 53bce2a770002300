package io.millrace.log.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionNameTest {
    @Test
    void topicMayHaveHyphens() {
        assertEquals(new PartitionName("a-b-7", 12), PartitionName.parse("a-b-7-12"));
        assertEquals("a-b-7-12", new PartitionName("a-b-7", 12).directoryName());
        assertEquals(new PartitionName("__consumer_offsets", 0), PartitionName.parse("__consumer_offsets-0"));
        assertEquals(new PartitionName("-", 1), PartitionName.parse("--1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "topic",
                "-0",
                "topic-",
                "topic-x",
                "topic-01",
                "topic-99999999999",
                "topic-2147483648",
                "to pic-0",
                "..-0",
                ".-0",
                "topic-0.0123456789abcdef0123456789abcdef-delete",
                "topic-0.0123-future",
                "remote-log-index-cache"
            })
    void otherNamesAreNoPartitions(String name) {
        assertNull(PartitionName.parse(name));
    }

    @Test
    void namesThatLeaveTheDirectoryAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new PartitionName("../x", 0));
        assertThrows(IllegalArgumentException.class, () -> new PartitionName("..", 0));
        assertThrows(IllegalArgumentException.class, () -> new PartitionName("x".repeat(250), 0));
        assertThrows(IllegalArgumentException.class, () -> new PartitionName("x", -1));
    }
}
