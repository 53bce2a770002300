package io.millrace.library;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** The library lies on top of the engine: nothing below knows it, and it does nothing behind its user's back. */
class LibraryLayersTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.millrace");

    private static final String LIBRARY = "io.millrace.library..";

    @Test
    void theEngineDoesNotKnowTheLibrary() {
        noClasses()
                .that()
                .resideInAnyPackage("io.millrace.log..", "io.millrace.index..", "io.millrace.mapped..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(LIBRARY)
                .check(CLASSES);
    }

    @Test
    void needsNoKafkaNoNettyNoLoggingNoNetworkAndNoAgronaBuffer() {
        noClasses()
                .that()
                .resideInAPackage(LIBRARY)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.kafka..",
                        "io.netty..",
                        "org.slf4j..",
                        "java.util.logging..",
                        "java.net..",
                        "org.agrona",
                        "org.agrona.concurrent.status..",
                        "org.agrona.concurrent.ringbuffer..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Socket.class)
                .check(CLASSES);
    }

    @Test
    void filesAreOpenedAndChangedThroughTheSeamOnly() {
        noClasses()
                .that()
                .resideInAPackage(LIBRARY)
                .should()
                .callMethodWhere(target(owner(assignableTo(FileChannel.class)))
                        .and(target(nameMatching("open|map|truncate|write|force|close"))))
                .orShould()
                .callMethodWhere(target(owner(equivalentTo(Files.class)))
                        .and(target(nameMatching(
                                "write.*|read.*|new(Byte|Output|Input|Buffered).*|move|delete.*|copy|createFile"))))
                .check(CLASSES);
    }

    @Test
    void printsNothingNeverSleepsAndAsksTheClock() {
        noClasses()
                .that()
                .resideInAPackage(LIBRARY)
                .should()
                .dependOnClassesThat()
                .areAssignableTo(PrintStream.class)
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .check(CLASSES);
    }
}
