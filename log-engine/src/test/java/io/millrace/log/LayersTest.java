package io.millrace.log;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The layers of the engine: the log above, its parts beside each other, files and indexes below. */
class LayersTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.millrace.log");

    @Test
    void needsNeitherKafkaNorNettyNorALoggingFacade() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.kafka..", "kafka..", "io.netty..", "org.slf4j..", "java.util.logging..")
                .check(CLASSES);
    }

    @Test
    void dependenciesPointDown() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("io.millrace..")
                .layer("log")
                .definedBy("io.millrace.log")
                .layer("compact")
                .definedBy("io.millrace.log.compact")
                .layer("scrub")
                .definedBy("io.millrace.log.scrub")
                .layer("segment")
                .definedBy("io.millrace.log.segment")
                .layer("states")
                .definedBy("io.millrace.log.producer", "io.millrace.log.epoch")
                .layer("txn")
                .definedBy("io.millrace.log.txn")
                .layer("checkpoint")
                .definedBy("io.millrace.log.checkpoint")
                .layer("batch")
                .definedBy("io.millrace.log.batch")
                .layer("inspect")
                .definedBy("io.millrace.log.inspect")
                .whereLayer("inspect")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("log")
                .mayOnlyBeAccessedByLayers("inspect")
                .whereLayer("compact")
                .mayOnlyBeAccessedByLayers("log")
                .whereLayer("scrub")
                .mayOnlyBeAccessedByLayers("log")
                .whereLayer("segment")
                .mayOnlyBeAccessedByLayers("log", "compact", "inspect")
                .whereLayer("states")
                .mayOnlyBeAccessedByLayers("log", "inspect")
                .whereLayer("txn")
                .mayOnlyBeAccessedByLayers("log", "compact", "segment", "states", "inspect")
                .whereLayer("checkpoint")
                .mayOnlyBeAccessedByLayers("log", "states", "scrub", "inspect")
                .whereLayer("batch")
                .mayOnlyBeAccessedByLayers("log", "compact", "segment", "states", "inspect")
                .check(CLASSES);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("io.millrace.log.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    /** A channel is handed out to transfer from and to lock, for nothing else. */
    @Test
    void onlyTheMappedPackageOpensAndMapsFiles() {
        noClasses()
                .should()
                .callMethodWhere(target(owner(assignableTo(FileChannel.class)))
                        .and(target(nameMatching("open|map|truncate|read|write|force|close"))))
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(
                        RandomAccessFile.class,
                        AsynchronousFileChannel.class,
                        FileInputStream.class,
                        FileOutputStream.class)
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.nio.MappedByteBuffer")
                .check(CLASSES);
    }

    /** Whole small text files may be read as such; everything that changes the disk goes through the seam for faults. */
    @Test
    void filesAreChangedThroughTheSeamOnly() {
        noClasses()
                .should()
                .callMethodWhere(target(owner(equivalentTo(Files.class)))
                        .and(target(
                                nameMatching("write.*|new(Byte|Output|Input|Buffered).*|move|delete.*|copy|create.*"))))
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.millrace.log.checkpoint")
                .should()
                .callMethod(Files.class, "readAllBytes", Path.class)
                .orShould()
                .callMethod(Files.class, "readString", Path.class)
                .check(CLASSES);
    }

    @Test
    void printsNothingAndNeverSleeps() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(PrintStream.class)
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .check(CLASSES);
    }

    @Test
    void timeComesFromTheClock() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.millrace.log.LogClock")
                .and()
                .doNotHaveFullyQualifiedName("io.millrace.log.LogClock$1")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .check(CLASSES);
    }

    @Test
    void everyPackageIsNullMarked() throws ClassNotFoundException {
        Set<String> packages = new TreeSet<>();
        CLASSES.forEach(type -> packages.add(type.getPackageName()));
        for (String name : packages) {
            Class<?> info = Class.forName(name + ".package-info");
            assertNotNull(info.getPackage().getAnnotation(NullMarked.class), name);
        }
        assertEquals(10, packages.size(), "a new package wants its place in the layers: " + packages);
    }

    @Test
    void formatsAreStateless() {
        classes()
                .that()
                .haveSimpleNameEndingWith("Descriptor")
                .should()
                .haveOnlyPrivateConstructors()
                .andShould()
                .haveOnlyFinalFields()
                .check(CLASSES);
        methods()
                .that()
                .areDeclaredInClassesThat()
                .haveSimpleNameEndingWith("Descriptor")
                .should()
                .beStatic()
                .check(CLASSES);
    }
}
