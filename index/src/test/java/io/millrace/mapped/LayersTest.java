package io.millrace.mapped;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.RandomAccessFile;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
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
