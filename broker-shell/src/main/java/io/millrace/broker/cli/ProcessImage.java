package io.millrace.broker.cli;

import com.kenai.jffi.Function;
import com.kenai.jffi.HeapInvocationBuffer;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;
import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.Type;
import java.nio.file.Path;

/** {@code execv(3)}: the program of this process is replaced by another one. By jffi, which Chronicle posix brings along. */
final class ProcessImage {
    private static final MemoryIO MEMORY = MemoryIO.getInstance();

    private ProcessImage() {}

    /** Does not return where it succeeds. What fails (no such call, no such program) leaves the process as it was. */
    static void replace(Path program, String[] arguments) {
        long execv = Library.getDefault().getSymbolAddress("execv");
        if (execv == 0) {
            return;
        }
        int pointerBytes = Long.BYTES;
        long vector = MEMORY.allocateMemory((long) pointerBytes * (arguments.length + 1), true);
        for (int i = 0; i < arguments.length; i++) {
            MEMORY.putAddress(vector + (long) pointerBytes * i, string(arguments[i]));
        }
        Function function = new Function(execv, Type.SINT, Type.POINTER, Type.POINTER);
        HeapInvocationBuffer call = new HeapInvocationBuffer(function);
        call.putAddress(string(program.toString()));
        call.putAddress(vector);
        Invoker.getInstance().invokeInt(function, call);
        // Still here: it has failed. The few bytes above are left to the process.
    }

    private static long string(String text) {
        byte[] bytes = text.getBytes(ClassDataArchive.nativeCharset());
        long address = MEMORY.allocateMemory(bytes.length + 1L, true);
        MEMORY.putByteArray(address, bytes, 0, bytes.length);
        return address;
    }
}
