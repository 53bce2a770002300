package io.millrace.mapped;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import org.jspecify.annotations.Nullable;

/**
 * Maps memory such that it can be unmapped when its owner says so, which the JDK does in two ways.
 *
 * <p>From JDK 22 on a mapping belongs to an {@code Arena}: closing it unmaps, an access after that is an exception, and a
 * close under a running read or write is refused. Before, {@code Unsafe.invokeCleaner} unmaps, and an access after that
 * ends the process. Both work without flags and in silence on the JDKs they are used on. By reflection, as the one is not
 * in JDK 17 and the other leaves the JDK.
 */
abstract class Unmapping {
    static final Unmapping OF_THIS_JDK = Runtime.version().feature() < 22 ? new ByCleaner() : new ByArena();

    /** A mapping and what unmaps it. */
    record Mapping(MappedByteBuffer buffer, Object owner) {}

    abstract Mapping map(FileChannel channel, MapMode mode, long position, long length) throws IOException;

    abstract void unmap(Mapping mapping);

    /** Whether an access to unmapped memory is an exception and not the end of the process. */
    abstract boolean refusesLateAccess();

    private static Object call(Method method, @Nullable Object target, Object... arguments) throws IOException {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            return rethrow(e.getTargetException());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("cannot call " + method, e);
        }
    }

    private static Object rethrow(Throwable thrown) throws IOException {
        if (thrown instanceof IOException io) {
            throw io;
        }
        if (thrown instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        throw new IllegalStateException(thrown);
    }

    /** JDK 17 to 21. */
    private static final class ByCleaner extends Unmapping {
        private final Object unsafe;
        private final Method invokeCleaner;

        ByCleaner() {
            try {
                Class<?> type = Class.forName("sun.misc.Unsafe");
                Field instance = type.getDeclaredField("theUnsafe");
                instance.setAccessible(true);
                unsafe = instance.get(null);
                invokeCleaner = type.getMethod("invokeCleaner", ByteBuffer.class);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("this JDK cannot unmap memory", e);
            }
        }

        @Override
        Mapping map(FileChannel channel, MapMode mode, long position, long length) throws IOException {
            return new Mapping(channel.map(mode, position, length), unsafe);
        }

        @Override
        boolean refusesLateAccess() {
            return false;
        }

        @Override
        void unmap(Mapping mapping) {
            try {
                call(invokeCleaner, unsafe, mapping.buffer());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** JDK 22 and newer. */
    private static final class ByArena extends Unmapping {
        private final Method openShared;
        private final Method map;
        private final Method asBuffer;

        ByArena() {
            try {
                Class<?> arena = Class.forName("java.lang.foreign.Arena");
                openShared = arena.getMethod("ofShared");
                map = FileChannel.class.getMethod("map", MapMode.class, long.class, long.class, arena);
                asBuffer = Class.forName("java.lang.foreign.MemorySegment").getMethod("asByteBuffer");
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("this JDK cannot unmap memory", e);
            }
        }

        @Override
        Mapping map(FileChannel channel, MapMode mode, long position, long length) throws IOException {
            AutoCloseable arena = (AutoCloseable) call(openShared, null);
            boolean mapped = false;
            try {
                Object segment = call(map, channel, mode, position, length, arena);
                Mapping mapping = new Mapping((MappedByteBuffer) call(asBuffer, segment), arena);
                mapped = true;
                return mapping;
            } finally {
                if (!mapped) {
                    close(arena);
                }
            }
        }

        @Override
        boolean refusesLateAccess() {
            return true;
        }

        @Override
        void unmap(Mapping mapping) {
            close((AutoCloseable) mapping.owner());
        }

        private static void close(AutoCloseable arena) {
            try {
                arena.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
