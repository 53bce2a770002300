package io.millrace.mapped;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@link Posix} by the foreign function interface, for JDK 24 and newer: jnr makes those print warnings.
 *
 * <p>Only in a process that was granted native access, by {@code --enable-native-access} or by the manifest of an
 * executable jar, since the JVM prints a warning in any other. By reflection, as JDK 17 has none of these types. Uses calls
 * that return their error number or whose reason does not matter, as the JVM may change {@code errno} before it is read.
 */
final class ForeignPosix extends Posix {
    private static final int REASON_UNKNOWN = -1;

    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle allocate;
    private final MethodHandle advise;
    private final MethodHandle syncFileSystem;

    private final Method openArena;
    private final Method allocateString;
    private final Method segmentOfBuffer;
    private final Method segmentAddress;

    private ForeignPosix(Linking linking) throws ReflectiveOperationException {
        open = linking.function("open", linking.address, linking.int32);
        close = linking.function("close", linking.int32);
        allocate = linking.function("posix_fallocate", linking.int32, linking.int64, linking.int64);
        advise = linking.function("madvise", linking.int64, linking.int64, linking.int32);
        syncFileSystem = linking.function("syncfs", linking.int32);
        openArena = linking.type("Arena").getMethod("ofConfined");
        allocateString = linking.type("SegmentAllocator").getMethod("allocateFrom", String.class);
        segmentOfBuffer = linking.type("MemorySegment").getMethod("ofBuffer", Buffer.class);
        segmentAddress = linking.type("MemorySegment").getMethod("address");
    }

    /** Null in a process that was not granted native access. */
    static @Nullable Posix load() {
        try {
            Method granted = Module.class.getMethod("isNativeAccessEnabled");
            boolean silent = (boolean) granted.invoke(ForeignPosix.class.getModule());
            return silent ? new ForeignPosix(new Linking()) : null;
        } catch (ReflectiveOperationException | RuntimeException | LinkageError unavailable) {
            return null;
        }
    }

    @Override
    int fallocate(Path file, long position, long length) {
        int descriptor = open(file, OPEN_READ_WRITE);
        if (descriptor < 0) {
            return REASON_UNKNOWN;
        }
        try {
            return call(allocate, descriptor, position, length);
        } finally {
            call(close, descriptor);
        }
    }

    @Override
    int madvise(long address, long length, int advice) {
        return call(advise, address, length, advice);
    }

    @Override
    long address(ByteBuffer direct) {
        try {
            return (long) segmentAddress.invoke(
                    segmentOfBuffer.invoke(null, direct.duplicate().clear()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("address of a buffer", e);
        }
    }

    @Override
    int openForReading(Path file) {
        return open(file, OPEN_READ);
    }

    @Override
    int syncfs(int descriptor) {
        return call(syncFileSystem, descriptor) == 0 ? 0 : REASON_UNKNOWN;
    }

    @Override
    void close(int descriptor) {
        call(close, descriptor);
    }

    private int open(Path file, int flags) {
        try (AutoCloseable arena = (AutoCloseable) openArena.invoke(null)) {
            return call(open, allocateString.invoke(arena, file.toString()), flags);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("native open of " + file, e);
        }
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("native call", e);
        }
    }

    /** Looks up and binds functions of the C library. */
    private static final class Linking {
        final Object int32;
        final Object int64;
        final Object address;

        private final Object linker;
        private final Object lookup;

        Linking() throws ReflectiveOperationException {
            Class<?> layouts = type("ValueLayout");
            int32 = layouts.getField("JAVA_INT").get(null);
            int64 = layouts.getField("JAVA_LONG").get(null);
            address = layouts.getField("ADDRESS").get(null);
            linker = type("Linker").getMethod("nativeLinker").invoke(null);
            lookup = type("Linker").getMethod("defaultLookup").invoke(linker);
        }

        Class<?> type(String name) throws ClassNotFoundException {
            return Class.forName("java.lang.foreign." + name);
        }

        /** A function that returns an int. */
        MethodHandle function(String name, Object... parameters) throws ReflectiveOperationException {
            Class<?> layout = type("MemoryLayout");
            Object parameterLayouts = Array.newInstance(layout, parameters.length);
            System.arraycopy(parameters, 0, parameterLayouts, 0, parameters.length);
            Class<?> description = type("FunctionDescriptor");
            Object descriptor = description
                    .getMethod("of", layout, parameterLayouts.getClass())
                    .invoke(null, int32, parameterLayouts);
            Object options = Array.newInstance(type("Linker$Option"), 0);
            return (MethodHandle) type("Linker")
                    .getMethod("downcallHandle", type("MemorySegment"), description, options.getClass())
                    .invoke(linker, symbol(name), descriptor, options);
        }

        private Object symbol(String name) throws ReflectiveOperationException {
            Method find = type("SymbolLookup").getMethod("find", String.class);
            return ((Optional<?>) find.invoke(lookup, name)).orElseThrow(() -> new NoSuchMethodException(name));
        }
    }
}
