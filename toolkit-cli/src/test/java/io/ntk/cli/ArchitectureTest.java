package io.ntk.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.PrintStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

/** The rules of the design that a compiler does not hold. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.ntk.core", "io.ntk.tcp", "io.ntk.udp", "io.ntk.cli");
    private static final String CLI = "io.ntk.cli";
    private static final String STORE = "io.ntk.tcp.upload.store";
    private static final String CLIENT = "io.ntk.tcp.upload.client";
    private static final DescribedPredicate<JavaClass> NETTY = DescribedPredicate.describe(
            "of Netty", type -> type.getPackageName().startsWith("io.netty"));

    @Test
    void tcpAndUdpDoNotSeeEachOther() {
        check(noClasses()
                .that()
                .resideInAPackage("io.ntk.tcp..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.ntk.udp.."));
        check(noClasses()
                .that()
                .resideInAPackage("io.ntk.udp..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.ntk.tcp.."));
    }

    @Test
    void coreSeesNoProtocolAndNothingSeesTheCommandLine() {
        check(noClasses()
                .that()
                .resideInAPackage("io.ntk.core..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.ntk.tcp..", "io.ntk.udp.."));
        check(noClasses()
                .that()
                .resideOutsideOfPackage(CLI)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(CLI));
    }

    @Test
    void theEndsOfUploadsDoNotSeeEachOther() {
        check(noClasses()
                .that()
                .resideInAPackage("io.ntk.tcp.upload.server")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(CLIENT + ".."));
        check(noClasses()
                .that()
                .resideInAPackage(CLIENT + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.ntk.tcp.upload.server"));
        check(noClasses()
                .that()
                .resideInAPackage(STORE + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.netty..", "io.ntk.core..", "io.ntk.tcp.upload", "io.ntk.tcp.upload.server", CLIENT + ".."));
    }

    /** contract ← folders ← log, admission ← files; others see the contract and files. */
    @Test
    void theStoreOfUploadsIsBuiltFromItsContractUp() {
        below(STORE, "", ".folders", ".log", ".admission", ".files");
        below(STORE, ".folders", ".log", ".admission", ".files");
        below(STORE, ".log", ".admission", ".files");
        below(STORE, ".admission", ".log", ".files");
        hidden(STORE, ".folders", ".log", ".admission");
    }

    /** values, source ← link ← run, and source knows no values; others see the values and run. */
    @Test
    void theSenderOfUploadsIsBuiltFromItsValuesUp() {
        below(CLIENT, "", ".source", ".link", ".run");
        below(CLIENT, ".source", "", ".link", ".run");
        below(CLIENT, ".link", ".run");
        hidden(CLIENT, ".source", ".link");
    }

    private static void below(String root, String lower, String... uppers) {
        check(noClasses()
                .that()
                .resideInAPackage(root + lower)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages(root, uppers)));
    }

    private static void hidden(String root, String... parts) {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(root + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages(root, parts)));
    }

    private static String[] packages(String root, String... parts) {
        return Stream.of(parts).map(root::concat).toArray(String[]::new);
    }

    @Test
    void packagesHaveNoCycles() {
        check(slices().matching("io.ntk.(**)").should().beFreeOfCycles());
    }

    @Test
    void onlyTheCommandLineTouchesTheProcess() {
        for (String stream : new String[] {"in", "out", "err"}) {
            check(noClasses().that().resideOutsideOfPackage(CLI).should().accessField(System.class, stream));
        }
        check(noClasses().that().resideOutsideOfPackage(CLI).should().callMethod(System.class, "exit", int.class));
        check(noClasses()
                .that()
                .resideOutsideOfPackage(CLI)
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("sun.misc.Signal"));
    }

    @Test
    void onlyOneClassEndsTheProcess() {
        check(noClasses()
                .that()
                .doNotHaveFullyQualifiedName(Main.class.getName())
                .should()
                .callMethod(System.class, "exit", int.class));
    }

    @Test
    void onlyTheCommandLineBindsTheLog() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(CLI)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ch.qos.logback..", "picocli..", "org.jline.."));
    }

    @Test
    void theCommandLineWritesThroughItsOutput() {
        for (String stream : new String[] {"in", "out", "err"}) {
            check(noClasses().should().accessField(System.class, stream));
        }
        check(noClasses()
                .that()
                .resideInAPackage(CLI)
                .and()
                .doNotHaveFullyQualifiedName(Main.class.getName())
                .should()
                .dependOnClassesThat()
                .areAssignableTo(PrintStream.class));
    }

    @Test
    void commandsHaveNoNettyInTheirFaces() {
        check(noFields()
                .that()
                .areDeclaredInClassesThat()
                .areAnnotatedWith(Command.class)
                .should()
                .haveRawType(NETTY));
        check(noMethods()
                .that()
                .areDeclaredInClassesThat()
                .areAnnotatedWith(Command.class)
                .should()
                .haveRawReturnType(NETTY));
        check(noClasses()
                .that()
                .resideInAPackage(CLI)
                .and()
                .areAnnotatedWith(Command.class)
                .should()
                .dependOnClassesThat(NETTY));
    }

    @Test
    void everyCommandHasExamples() {
        check(classes().that().areAnnotatedWith(Command.class).should().beAnnotatedWith(Examples.class));
    }

    @Test
    void namesSaySomething() {
        check(noClasses()
                .should()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameStartingWith("Abstract")
                .orShould()
                .haveSimpleNameStartingWith("Base"));
        check(noClasses()
                .should()
                .resideInAnyPackage("..util..", "..utils..", "..common..", "..impl..", "..helpers.."));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }
}
