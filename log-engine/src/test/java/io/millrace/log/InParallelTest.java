package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class InParallelTest {
    private final Set<Integer> done = ConcurrentHashMap.newKeySet();

    @Test
    void failuresAreTheirItemsOwn() {
        Map<Integer, StorageException> failures = InParallel.run(2, "test", List.of(1, 2, 3, 4), this::path, item -> {
            if (item == 2) {
                throw StorageException.damaged(path(item), 7, "injected");
            }
            if (item == 3) {
                throw new IllegalStateException("injected");
            }
            done.add(item);
        });
        assertEquals(Set.of(1, 4), done);
        assertEquals(Set.of(2, 3), failures.keySet());
        assertEquals(StorageException.Kind.DAMAGED, failures.get(2).kind());
        assertTrue(failures.get(3).getCause() instanceof IllegalStateException);
    }

    @Test
    void errorsAreNotLostAndTheOthersGoOn() {
        AssertionError error = assertThrows(
                AssertionError.class,
                () -> InParallel.run(1, "test", List.of(1, 2, 3), this::path, item -> {
                    if (item == 2) {
                        throw new AssertionError("injected");
                    }
                    done.add(item);
                }));
        assertEquals("injected", error.getMessage());
        assertEquals(Set.of(1, 3), done);
    }

    @Test
    void anInterruptIsKeptForTheCaller() {
        Thread.currentThread().interrupt();
        InParallel.run(2, "test", List.of(1, 2), this::path, done::add);
        assertTrue(Thread.interrupted());
        assertEquals(Set.of(1, 2), done);
    }

    private Path path(int item) {
        return Path.of("item-" + item);
    }
}
