package io.millrace.broker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The layers of docs/ARCHITECTURE.md, held against the classes and the folders. */
class ArchitectureTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern PACKAGE_ROW = Pattern.compile("^\\| `(io\\.millrace[a-z.]*)` \\|");
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.millrace");

    /** The packages that produce and fetch pass through. */
    private static final String[] DATA_PATH = {
        "io.millrace.broker.net..",
        "io.millrace.broker.protocol..",
        "io.millrace.broker.request..",
        "io.millrace.broker.partition.."
    };

    @Test
    void theDataPathKnowsOfKafkaOnlyTheClientsJar() {
        noClasses()
                .that()
                .resideInAnyPackage(DATA_PATH)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.kafka.raft..",
                        "org.apache.kafka.controller..",
                        "org.apache.kafka.image..",
                        "org.apache.kafka.metadata..",
                        "org.apache.kafka.server..",
                        "org.apache.kafka.coordinator..",
                        "org.apache.kafka.storage..")
                .check(CLASSES);
    }

    @Test
    void protocolIsALeaf() {
        noClasses()
                .that()
                .resideInAPackage("io.millrace.broker.protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.millrace.broker.net..",
                        "io.millrace.broker.request..",
                        "io.millrace.broker.partition..",
                        "io.millrace.broker.kraft..",
                        "io.millrace.broker.admin..",
                        "io.millrace.broker.coordinator..",
                        "io.millrace.broker.node..",
                        "io.millrace.broker.cli..")
                .check(CLASSES);
    }

    @Test
    void theDataPathDoesNotKnowWhoWiresIt() {
        noClasses()
                .that()
                .resideInAnyPackage(DATA_PATH)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.millrace.broker.kraft..",
                        "io.millrace.broker.admin..",
                        "io.millrace.broker.coordinator..",
                        "io.millrace.broker.node..",
                        "io.millrace.broker.cli..")
                .check(CLASSES);
    }

    @Test
    void thePackagesFormNoCycle() {
        slices().matching("io.millrace.broker.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyTheNetworkPackageTouchesSockets() {
        noClasses()
                .that()
                .resideInAnyPackage("io.millrace.broker..")
                .and()
                .resideOutsideOfPackages("io.millrace.broker.net..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty.channel..", "io.netty.bootstrap..")
                .check(CLASSES);
    }

    @Test
    void thePackageTableOfTheArchitectureDocumentMatchesTheFolders() throws IOException {
        List<String> documented = Files.readAllLines(ROOT.resolve("docs/ARCHITECTURE.md")).stream()
                .map(PACKAGE_ROW::matcher)
                .filter(Matcher::find)
                .map(row -> row.group(1))
                .sorted()
                .toList();
        assertEquals(List.copyOf(packagesOnDisk()), documented);
    }

    private static Set<String> packagesOnDisk() throws IOException {
        try (Stream<Path> modules = Files.list(ROOT)) {
            return modules.map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .flatMap(ArchitectureTest::packagesUnder)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static Stream<String> packagesUnder(Path sources) {
        try (Stream<Path> files = Files.walk(sources)) {
            return files
                    .filter(file -> file.getFileName().toString().endsWith(".java"))
                    .map(file -> sources.relativize(file.getParent()).toString().replace('/', '.'))
                    .distinct()
                    .toList()
                    .stream();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
