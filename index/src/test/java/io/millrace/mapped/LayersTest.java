package io.millrace.mapped;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.RandomAccessFile;
import java.nio.MappedByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The layers of this module: nobody above, and one place that opens and maps. */
class LayersTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.millrace");

    @Test
    void dependsOnNothingOfKafkaOrNetty() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.kafka..", "kafka..", "io.netty..", "org.slf4j..", "org.agrona..")
                .check(CLASSES);
    }

    @Test
    void mappedKnowsNothingOfIndexes() {
        noClasses()
                .that()
                .resideInAPackage("io.millrace.mapped")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.millrace.index")
                .check(CLASSES);
    }

    @Test
    void onlyMappedOpensFiles() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.millrace.mapped")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(FileChannel.class, RandomAccessFile.class, AsynchronousFileChannel.class)
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.nio.MappedByteBuffer")
                .check(CLASSES);
    }

    /**
     * The seam has no gap: what reaches the disk in {@link StorageFile} and {@link MappedRegion}, itself or through its helpers, asks for
     * faults. Not for asking: facts about a file, and the helpers of operations that have asked.
     */
    @Test
    void whateverReachesTheDiskAsksForFaults() {
        Set<String> exempt =
                Set.of("channel", "size", "reservationHolds", "read", "write", "writeSome", "reserveByZeros");
        Set<String> checked = new TreeSet<>();
        for (Class<?> type : List.of(StorageFile.class, MappedRegion.class)) {
            for (JavaMethod method : CLASSES.get(type).getMethods()) {
                if (!exempt.contains(method.getName()) && reaches(method, LayersTest::reachesTheDisk)) {
                    checked.add(method.getName());
                    assertTrue(reaches(method, LayersTest::asks), method.getFullName() + " goes past the seam");
                }
            }
        }
        Set<String> known = Set.of(
                "close",
                "createDirectories",
                "deleteIfExists",
                "fillWithZeros",
                "force",
                "forceDirectory",
                "map",
                "open",
                "readFully",
                "rename",
                "reserve",
                "truncate",
                "writeFully");
        assertTrue(checked.containsAll(known), checked.toString());
    }

    private static boolean reachesTheDisk(JavaMethodCall call) {
        boolean channel = call.getTargetOwner().isAssignableTo(FileChannel.class)
                && Set.of("open", "read", "write", "force", "truncate", "map", "close")
                        .contains(call.getName());
        boolean file = call.getTargetOwner().isEquivalentTo(Files.class)
                && Set.of("move", "delete", "deleteIfExists", "createDirectories", "createFile", "write")
                        .contains(call.getName());
        boolean memory = call.getTargetOwner().isEquivalentTo(MappedByteBuffer.class)
                && call.getName().equals("force");
        boolean mapping = call.getTargetOwner().isEquivalentTo(Unmapping.class)
                && call.getName().equals("map");
        return channel || file || memory || mapping || call.getName().equals("fallocate");
    }

    private static boolean asks(JavaMethodCall call) {
        return call.getTargetOwner().isEquivalentTo(FileFaults.class);
    }

    /** Whether the method, or one of this package that it calls, makes such a call. */
    private static boolean reaches(JavaMethod method, Predicate<JavaMethodCall> wanted) {
        Set<JavaMethod> seen = new HashSet<>();
        Deque<JavaMethod> next = new ArrayDeque<>(List.of(method));
        while (!next.isEmpty()) {
            JavaMethod at = next.remove();
            if (seen.add(at)) {
                if (at.getMethodCallsFromSelf().stream().anyMatch(wanted)) {
                    return true;
                }
                at.getMethodCallsFromSelf().stream()
                        .filter(call -> call.getTargetOwner().getPackageName().equals("io.millrace.mapped"))
                        .forEach(call -> call.getTarget().resolveMember().ifPresent(next::add));
            }
        }
        return false;
    }

    @Test
    void onlyThePosixAdapterKnowsNativeLibraries() {
        noClasses()
                .that()
                .doNotHaveSimpleName("JnrPosix")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("net.openhft..", "jnr..", "com.kenai..")
                .check(CLASSES);
    }

    @Test
    void printsNothing() {
        noClasses()
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(CLASSES);
    }
}
