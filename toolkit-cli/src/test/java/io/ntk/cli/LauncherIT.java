package io.ntk.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real script: in most tests with a Java that only says how it was started, in the last ones with this one. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class LauncherIT {
    private static final Path SCRIPT = Path.of("..", "ntk");
    private static final Path JAR = Path.of("target", "ntk.jar");
    private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

    private final Map<String, String> environment = new HashMap<>();
    private Path folder;
    private Path ntk;
    private Path jar;
    private Path java;

    @BeforeEach
    void installs(@TempDir Path temporary) throws IOException {
        folder = Files.createDirectory(temporary.toRealPath().resolve("a folder"));
        ntk = folder.resolve("ntk/bin/ntk");
        jar = folder.resolve("ntk/lib/ntk.jar");
        Files.createDirectories(ntk.getParent());
        Files.createDirectories(jar.getParent());
        Files.copy(SCRIPT, ntk, StandardCopyOption.COPY_ATTRIBUTES);
        Files.createFile(jar);
        java = fakeJava("java", "17.0.1");
        for (var name : List.of("NTK_JAVA_HOME", "NTK_JAVA_OPTS", "CDPATH", "LC_ALL", "LC_CTYPE")) {
            environment.put(name, "");
        }
        environment.put("JAVA_HOME", java.toString());
        environment.put("NTK_JAVA_ARCHIVE", "off");
        environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sh", "bash", "dash"})
    void passesArgumentsAsTheyAre(String shell) throws Exception {
        Program.mustBeThere(shell);

        var run = run(shell, ntk.toString(), "two words", "*", "", "$HOME", "--", "-x");

        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines())
                .containsSubsequence("-jar", jar.toString(), "two words", "*", "", "$HOME", "--", "-x");
    }

    @Test
    void findsItsJarThroughChainsOfLinks() throws Exception {
        var other = Files.createDirectories(folder.resolve("else where/deep"));
        Files.createSymbolicLink(folder.resolve("linked"), Path.of("ntk"));
        var relative = Files.createSymbolicLink(other.resolve("one"), Path.of("../../linked/bin/ntk"));
        var absolute = Files.createSymbolicLink(folder.resolve("two"), relative);
        Files.createSymbolicLink(other.resolve("three"), Path.of("../../two"));

        assertThat(run(other, "./three").out().lines()).contains(jar.toString(), "-Dntk.launcher=" + ntk);
        assertThat(run(other, absolute.toString()).out().lines()).contains(jar.toString());
        assertThat(run(folder.resolve("ntk/bin"), "sh", "ntk").out().lines()).contains(jar.toString());
    }

    @Test
    void saysThatTheJarIsMissing() throws Exception {
        Files.delete(jar);

        assertThat(run()).isEqualTo(failure(jar + " is missing; unpack the distribution again"));
    }

    @Test
    void refusesAJavaHomeWithoutJava() throws Exception {
        environment.put("JAVA_HOME", folder.toString());

        assertThat(run().err())
                .startsWith("ntk: JAVA_HOME is " + folder + ", which has no bin/java; ntk needs Java 17");
        assertThat(run().exit()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.8.0_402", "11.0.2", "16"})
    void refusesAnOldJava(String version) throws Exception {
        environment.put("NTK_JAVA_HOME", fakeJava("old", version).toString());

        var run = run();

        assertThat(run.err())
                .startsWith("ntk: the Java of NTK_JAVA_HOME")
                .contains(" is " + version + "; ntk needs Java 17");
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.exit()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"17", "21.0.2", "26-ea"})
    void takesAnyNewerJava(String version) throws Exception {
        environment.put("JAVA_HOME", fakeJava("new", version).toString());

        assertThat(run().exit()).isZero();
    }

    @Test
    void prefersItsOwnVariable() throws Exception {
        environment.put("NTK_JAVA_HOME", fakeJava("mine", "21").toString());

        assertThat(run().out().lines())
                .first()
                .isEqualTo(folder.resolve("mine/bin/java").toString());
    }

    @Test
    void findsTheJavaOfThePathThroughLinks() throws Exception {
        var bin = Files.createDirectory(folder.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("java-17"), Path.of("../java/bin/java"));
        Files.createSymbolicLink(bin.resolve("java"), bin.resolve("java-17"));
        environment.put("JAVA_HOME", "");
        environment.put("PATH", bin + ":" + System.getenv("PATH"));

        assertThat(run().out().lines()).contains("--version");
    }

    @Test
    void saysThatThereIsNoJavaOnThePath() throws Exception {
        environment.put("JAVA_HOME", "");
        environment.put("PATH", Files.createDirectory(folder.resolve("bin")).toString());

        assertThat(run("/bin/sh", ntk.toString()))
                .isEqualTo(failure("no java on the PATH; ntk needs Java 17 or later: install a JDK,"
                        + " or set NTK_JAVA_HOME to its folder"));
    }

    @Test
    void asksAJavaThatHasNoReleaseFile() throws Exception {
        var shim = executable(folder.resolve("shims/bin/java"), """
                #!/bin/sh
                echo '    java.home = %s
                    java.runtime.version = 17.0.1+12
                    java.version = 17.0.1' >&2
                """.formatted(java));
        environment.put("JAVA_HOME", "");
        environment.put("PATH", shim.getParent() + ":" + System.getenv("PATH"));

        assertThat(run().out().lines())
                .first()
                .isEqualTo(java.resolve("bin/java").toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--version",
                "tcp",
                "tcp connect localhost:1",
                "tcp check localhost 1",
                "resolve localhost",
                "tcp serve --help",
                "up -h"
            })
    void startsShortCommandsWithTheFirstCompilerAlone(String arguments) throws Exception {
        assertThat(ntk(arguments.split(" ")).out().lines()).contains("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp serve",
                "tcp connect localhost:1 --tls",
                "tcp connect --ca=x localhost:1",
                "up",
                "tcp serve --greeting x--help",
                "chat join -- -h"
            })
    void leavesTheOthersToTheJvm(String arguments) throws Exception {
        assertThat(ntk(arguments.split(" ")).out()).doesNotContain("-XX:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp serve -q", "http serve --dir ."})
    void givesServersOfManySmallMessagesTheCollectorWithoutFences(String arguments) throws Exception {
        assertThat(ntk(arguments.split(" ")).out().lines())
                .contains("-XX:+UseSerialGC", "-Xmn64m")
                .doesNotContain("-XX:TieredStopAtLevel=1");
    }

    @Test
    void letsSendingCompileOnlyWhatIsHotIndeed() throws Exception {
        assertThat(ntk("upload", "send", "a", "9003").out().lines())
                .contains("-XX:Tier4InvocationThreshold=50000", "-XX:+UseSerialGC")
                .doesNotContain("-XX:TieredStopAtLevel=1");
        assertThat(ntk("upload", "send", "a", "9003", "--tls").out().lines())
                .contains("-XX:+UseSerialGC")
                .noneMatch(line -> line.startsWith("-XX:Tier"));
        assertThat(ntk("upload", "send", "a", "9003", "--no-digest").out().lines())
                .contains("-XX:TieredStopAtLevel=1");
        assertThat(ntk("upload", "send", "a", "9003", "--no-digest", "--tls")
                        .out()
                        .lines())
                .noneMatch(line -> line.startsWith("-XX:Tier"));
        assertThat(ntk("upload", "serve").out()).doesNotContain("-XX:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp serve", "--version", "upload send"})
    void leavesTheCollectorToTheUser(String arguments) throws Exception {
        environment.put("NTK_JAVA_OPTS", "-Da=b -XX:+UseZGC");
        assertThat(ntk(arguments.split(" ")).out().lines())
                .contains("-XX:+UseZGC")
                .doesNotContain("-XX:+UseSerialGC", "-Xmn64m");
    }

    @Test
    void givesTheUsersOptionsTheLastWord() throws Exception {
        environment.put("NTK_JAVA_OPTS", "-XX:TieredStopAtLevel=4  -Da=*");

        assertThat(run().out().lines())
                .containsSubsequence("-XX:TieredStopAtLevel=1", "-XX:TieredStopAtLevel=4", "-Da=*", "-jar");
    }

    @Test
    void allowsUnsafeWhereTheJvmWouldWarn() throws Exception {
        assertThat(run().out()).doesNotContain("unsafe");
        environment.put("JAVA_HOME", fakeJava("new", "24.0.1").toString());
        assertThat(run().out()).contains("--sun-misc-unsafe-memory-access=allow");
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX", "de_DE.ISO-8859-1", ""})
    void turnsOtherLocalesIntoUtf8(String locale) throws Exception {
        environment.put("LANG", locale);

        assertThat(run().out().lines()).contains("LC_ALL=C.UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"de_DE.UTF-8", "en_US.utf8"})
    void leavesAUtf8LocaleAlone(String locale) throws Exception {
        environment.put("LANG", locale);

        assertThat(run().out().lines()).contains("LC_ALL=");
    }

    @Test
    void passesOnTheExitCode() throws Exception {
        executable(java.resolve("bin/java"), "#!/bin/sh\nexit 124\n");

        assertThat(run()).isEqualTo(new Program(124, "", ""));
    }

    @Test
    void becomesTheJavaProcess() throws Exception {
        executable(java.resolve("bin/java"), "#!/bin/sh\necho $$\nexec sleep 600\n");
        var builder = new ProcessBuilder(ntk.toString());
        builder.environment().putAll(environment);
        var process = builder.start();

        try (var reader = process.inputReader()) {
            assertThat(reader.readLine()).isEqualTo(Long.toString(process.pid()));
            process.destroy(); // SIGTERM
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(128 + 15);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void buildsASourceTreeOnce() throws Exception {
        var tree =
                sourceTree("echo built >>log; read go <pipe; mkdir toolkit-cli/target; : >toolkit-cli/target/ntk.jar");
        var pipe = tree.resolveSibling("pipe");
        assertThat(run("mkfifo", pipe.toString()).exit()).isZero();

        var first = start(tree.toString());
        assertThat(first.errorReader().readLine()).isEqualTo("ntk: building with Maven, this once");
        var second = start(tree.toString());
        assertThat(second.errorReader().readLine())
                .isEqualTo("ntk: waiting for the build that process " + first.pid() + " runs");
        Files.writeString(pipe, "go\n");

        assertThat(Program.end(first).out()).contains("target/ntk.jar");
        assertThat(Program.end(second).out()).contains("target/ntk.jar");
        assertThat(run(tree.toString()).err()).isEmpty();
        assertThat(tree.resolveSibling("log")).hasContent("built");
    }

    @Test
    void showsWhatMavenSaidWhenItFailed() throws Exception {
        var tree = sourceTree("echo no good; exit 1");

        var run = run(tree.toString());

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err().lines())
                .containsExactly(
                        "ntk: building with Maven, this once",
                        "no good",
                        "ntk: the build failed; what Maven said is above and in "
                                + tree.resolveSibling("target/ntk-build.log"));
    }

    @Test
    void takesOverTheLockOfABuildThatDied() throws Exception {
        var tree = sourceTree("mkdir toolkit-cli/target; : >toolkit-cli/target/ntk.jar");
        var dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Files.createDirectory(tree.resolveSibling("target"));
        var lock = Files.createSymbolicLink(tree.resolveSibling("target/ntk.lock"), Path.of("" + dead.pid()));

        assertThat(run(tree.toString()).exit()).isZero();
        assertThat(Files.isSymbolicLink(lock)).isFalse();
    }

    @Test
    void saysWhatBuildingTakes() throws Exception {
        var tree = sourceTree("exit 1");
        environment.put("PATH", Files.createDirectory(folder.resolve("empty")).toString());
        assertThat(run("/bin/sh", tree.toString()))
                .isEqualTo(failure("to build takes Maven 3.8 or later, and there is no mvn on the PATH; install it"));

        Files.delete(java.resolve("bin/javac"));
        assertThat(run("/bin/sh", tree.toString()))
                .isEqualTo(failure("to build takes a JDK, and " + java + " has no javac; set NTK_JAVA_HOME to a JDK"));
    }

    @Test
    void runsWithAnArchiveOfItsOwn() throws Exception {
        withRealJava("wait");
        assertThat(ntk("--version")).isEqualTo(version());
        assertThat(archives()).hasSize(1);

        environment.put("NTK_JAVA_ARCHIVE", "");
        // These make the JVM fail if it cannot use the archive.
        environment.put("NTK_JAVA_OPTS", Runtime.version().feature() < 25 ? "-Xshare:on" : "-XX:AOTMode=on");
        assertThat(ntk("--version")).isEqualTo(version());
    }

    @Test
    void makesTheArchiveInTheBackgroundAtFirstUse() throws Exception {
        withRealJava("");
        var place = Files.createDirectories(place());

        try (var watcher = place.getFileSystem().newWatchService()) {
            place.register(watcher, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            assertThat(ntk("--version")).isEqualTo(version());
            // The lock goes last. What makes the archive runs at the lowest priority: beside a build it takes minutes.
            while (archives().isEmpty() || Files.isSymbolicLink(place.resolve("lock"))) {
                var change = watcher.poll(5, TimeUnit.MINUTES);
                assertThat(change).as("the archive is made").isNotNull();
                change.pollEvents();
                change.reset();
            }
        }
        assertThat(list(place)).containsExactlyInAnyOrder(archives().get(0), place.resolve("jar"));
    }

    @Test
    void putsTheArchiveOfAnewJarInThePlaceOfTheOld() throws Exception {
        withJavaThatMakesArchivesAtOnce();
        run();
        var old = archives();
        assertThat(old).hasSize(1);
        Files.writeString(jar, "a jar of another size");

        run();

        assertThat(archives()).hasSize(1).doesNotContainAnyElementsOf(old);
    }

    @Test
    void removesTheArchivesOfJarsThatAreGone() throws Exception {
        withJavaThatMakesArchivesAtOnce();
        var gone = Files.createDirectories(place().resolveSibling("%gone"));
        Files.createSymbolicLink(gone.resolve("jar"), folder.resolve("gone"));

        run();

        assertThat(archives()).hasSize(1);
        assertThat(gone).doesNotExist();
    }

    @Test
    void runsWithoutAnArchiveWhereItCannotBeWritten() throws Exception {
        withRealJava("wait");
        Files.createFile(folder.resolve("cache"));

        assertThat(ntk("--version")).isEqualTo(version());
    }

    @Test
    void triesOnlyOnceToMakeAnArchive() throws Exception {
        environment.put("NTK_JAVA_ARCHIVE", "wait");
        executable(java.resolve("bin/java"), """
                #!/bin/sh
                case "$*" in *-XX:*archive-training*) echo made >>'%s'; exit 1 ;; esac
                """.formatted(folder.resolve("log")));

        assertThat(run().exit()).isZero();
        assertThat(list(place())).anyMatch(file -> file.toString().endsWith(".failed"));
        assertThat(run().exit()).isZero();
        assertThat(folder.resolve("log")).hasContent("made");
    }

    @Test
    void survivesAnArchiveThatIsBroken() throws Exception {
        withRealJava("wait");
        ntk("--version");
        var archive = archives().get(0);
        var whole = Files.readAllBytes(archive);
        var broken = List.of(
                new byte[0],
                Arrays.copyOf(whole, whole.length / 2),
                Arrays.copyOf(whole, (int) (whole.length * 0.99)),
                "no archive".repeat(10_000).getBytes(US_ASCII));
        for (byte[] content : broken) {
            Files.delete(archive);
            Files.write(archive, content);
            assertThat(ntk("--version"))
                    .as("an archive of %d bytes", content.length)
                    .isEqualTo(version());
        }
    }

    private Program run(String... command) throws IOException {
        return run(folder, command.length == 0 ? new String[] {ntk.toString(), "--version"} : command);
    }

    private Program run(Path from, String... command) throws IOException {
        return Program.run(from, environment, List.of(command));
    }

    private Program ntk(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(arguments));
        command.add(0, ntk.toString());
        return Program.run(folder, environment, command);
    }

    private Process start(String... command) throws IOException {
        return Program.start(folder, environment, List.of(command));
    }

    /** A source tree whose Maven is a script; returns its {@code ntk}. */
    private Path sourceTree(String maven) throws IOException {
        var tree = folder.resolve("tree");
        Files.createDirectories(tree.resolve("toolkit-cli"));
        Files.createFile(tree.resolve("toolkit-cli/pom.xml"));
        executable(java.resolve("bin/javac"), "");
        var bin = executable(folder.resolve("maven/mvn"), "#!/bin/sh\n" + maven + "\n")
                .getParent();
        environment.put("PATH", bin + ":" + System.getenv("PATH"));
        return Files.copy(SCRIPT, tree.resolve("ntk"), StandardCopyOption.COPY_ATTRIBUTES);
    }

    /** What the launcher keeps does not depend on what is in it, and a real one takes seconds. */
    private void withJavaThatMakesArchivesAtOnce() throws IOException {
        environment.put("NTK_JAVA_ARCHIVE", "wait");
        executable(java.resolve("bin/java"), """
                #!/bin/sh
                for each; do
                    case $each in
                        -XX:DumpLoadedClassList=*) echo classes >"${each#*=}"; exit ;;
                        -Xshare:dump) dump=yes ;;
                        -XX:SharedArchiveFile=*) [ -z "${dump:-}" ] || { echo archive >"${each#*=}"; exit; } ;;
                    esac
                done
                """);
    }

    private void withRealJava(String archive) throws IOException {
        Files.copy(JAR, jar, StandardCopyOption.REPLACE_EXISTING);
        environment.put("JAVA_HOME", JAVA_HOME.toString());
        environment.put("NTK_JAVA_ARCHIVE", archive);
    }

    /** A Java that prints its path, its arguments and LC_ALL, a line each. */
    private Path fakeJava(String name, String version) throws IOException {
        var home = folder.resolve(name);
        executable(home.resolve("bin/java"), """
                #!/bin/sh
                printf '%s\\n' "$0" "$@"
                echo "LC_ALL=$LC_ALL"
                """);
        Files.writeString(home.resolve("release"), """
                IMPLEMENTOR="Some Vendor"
                JAVA_RUNTIME_VERSION="%s+12"
                JAVA_VERSION="%s"
                MODULES="java.base java.logging"
                """.formatted(version, version));
        return home;
    }

    private static Path executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, fromString("rwxr-xr-x"));
    }

    private Path place() {
        return folder.resolve("cache/ntk/archive").resolve(jar.toString().replace('/', '%'));
    }

    private List<Path> archives() throws IOException {
        return list(place()).stream()
                .filter(file -> file.toString().matches(".*\\.(jsa|aot)"))
                .toList();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static Program version() {
        return new Program(0, "ntk 0.1.0\n", "");
    }

    private static Program failure(String message) {
        return new Program(1, "", "ntk: " + message + "\n");
    }
}
