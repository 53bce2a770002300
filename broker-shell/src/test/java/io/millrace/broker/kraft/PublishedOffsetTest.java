package io.millrace.broker.kraft;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PublishedOffsetTest {
    private final PublishedOffset offset = new PublishedOffset();

    @Test
    void reachedAtOnceWhatIsPublished() {
        offset.advance(5);
        assertTrue(offset.reached(5).isDone());
    }

    @Test
    void reachedWhenPublished() {
        CompletableFuture<Void> five = offset.reached(5);
        CompletableFuture<Void> nine = offset.reached(9);
        offset.advance(4);
        assertFalse(five.isDone());
        offset.advance(7);
        assertTrue(five.isDone());
        assertFalse(nine.isDone());
    }

    @Test
    void waitIsBounded() throws Exception {
        offset.reached(1).get(10, TimeUnit.SECONDS);
    }
}
