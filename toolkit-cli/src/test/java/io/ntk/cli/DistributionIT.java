package io.ntk.cli;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the build packs: the archive, its documents and the licences of what is inside. */
class DistributionIT {
    private static final Path TARGET = Path.of("target");
    private static final Path SHARE = TARGET.resolve("share").toAbsolutePath();

    private final Path folder;

    DistributionIT(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void unpacksToAProgramThatRuns() throws Exception {
        Program.mustBeThere("tar");
        run("tar", "-xzf", TARGET.resolve("ntk-0.1.0.tar.gz").toAbsolutePath().toString(), "-C", folder.toString());
        var top = folder.resolve("ntk-0.1.0");

        assertThat(run(top.resolve("bin/ntk").toString(), "--version").out()).isEqualTo("ntk 0.1.0\n");
        assertThat(Stream.of(
                                "LICENSE",
                                "README.md",
                                "licenses/THIRD-PARTY.txt",
                                "licenses/netty/NOTICE.txt",
                                "share/man/man1/ntk.1",
                                "share/man/man1/ntk-completion.1",
                                "share/bash-completion/completions/ntk",
                                "share/zsh/site-functions/_ntk",
                                "share/fish/vendor_completions.d/ntk.fish")
                        .map(top::resolve))
                .allSatisfy(file -> assertThat(file).isNotEmptyFile());
        assertThat(top.resolve("lib/ntk.jar").toFile().canExecute()).isFalse();
    }

    @Test
    void listsEveryLibraryInTheJar() throws IOException {
        var listed = Files.readAllLines(Path.of("src/assembly/licenses/THIRD-PARTY.txt")).stream()
                .filter(line -> line.matches("[A-Za-z]\\S* +\\d\\S* +\\S.*"))
                .map(line -> line.replaceAll("^(\\S+) +(\\S+) .*", "$1 $2"))
                .toList();

        assertThat(listed).containsExactlyElementsOf(bundled());
    }

    @Test
    void hasManPagesWithoutFault() throws Exception {
        Program.mustBeThere("mandoc");
        var command = new ArrayList<>(List.of("mandoc", "-T", "lint"));
        list(SHARE.resolve("man/man1")).forEach(page -> command.add(page.toString()));

        // Examples and synopses stand on one line each, however long.
        assertThat(run(command.toArray(String[]::new)).out().lines().filter(line -> !line.contains("longer than 80")))
                .isEmpty();
    }

    @Test
    void hasAPageForEachCommand() throws IOException {
        var names = CommandText.visible(Commands.all(Environment.none()).getCommandSpec()).stream()
                .map(command -> ManPage.name(command) + ".1");

        assertThat(list(SHARE.resolve("man/man1")).stream()
                        .map(page -> page.getFileName().toString()))
                .containsExactlyInAnyOrderElementsOf(names.toList());
    }

    @Test
    void completesInBash() throws Exception {
        Program.mustBeThere("bash");
        var script = script(Shell.BASH);
        run("bash", "-n", script);

        assertThat(bash(script, "ntk", "comp")).contains("completion");
        assertThat(bash(script, "ntk", "completion", "z")).containsExactly("zsh");
        assertThat(bash(script, "ntk", "completion", "--h")).containsExactly("--help");
    }

    @Test
    void completesInZsh() throws Exception {
        Program.mustBeThere("zsh");
        run("zsh", "-n", script(Shell.ZSH));
        // Found by compinit in the folder where packages put it.
        var found = run("zsh", "-fc", """
                fpath=(%s $fpath)
                autoload -Uz compinit
                compinit -D
                print -r -- $_comps[ntk]
                """.formatted(SHARE.resolve("zsh/site-functions")));

        assertThat(found.out()).isEqualTo("_ntk\n");
    }

    @Test
    void completesInFish() throws Exception {
        Program.mustBeThere("fish");
        var script = script(Shell.FISH);
        run("fish", "-n", script);

        assertThat(fish(script, "ntk comp"))
                .containsExactly("completion\tPrints the completion script of a shell to stdout");
        assertThat(fish(script, "ntk completion z")).containsExactly("zsh");
        assertThat(fish(script, "ntk completion --h")).containsExactly("--help\tShow this help");
    }

    private List<String> bash(String script, String... words) throws IOException {
        var query = """
                compopt() { :; } # the builtin complains outside of a completion
                source "$1"
                shift
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
                $(complete -p ntk | sed 's/.*-F \\([^ ]*\\).*/\\1/')
                printf '%s\\n' "${COMPREPLY[@]}"
                """;
        var command = Stream.concat(Stream.of("bash", "-c", query, "bash", script), Stream.of(words));
        return run(command.toArray(String[]::new))
                .out()
                .lines()
                .map(String::strip)
                .toList();
    }

    private List<String> fish(String script, String line) throws IOException {
        return run("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line)
                .out()
                .lines()
                .toList();
    }

    private static String script(Shell shell) {
        return SHARE.resolve(shell.path).toString();
    }

    private Program run(String... command) throws IOException {
        var environment = Map.of("NTK_JAVA_ARCHIVE", "off", "HOME", folder.toString());
        var program = Program.run(folder, environment, List.of(command));
        assertThat(program.err()).as("%s", List.of(command)).isEmpty();
        return program;
    }

    /** Name and version of the libraries of which something is in the program's jar, from their paths in the repository. */
    private static List<String> bundled() throws IOException {
        var paths = Stream.of("java.class.path", "jdk.module.path")
                .flatMap(property -> Stream.of(System.getProperty(property, "").split(File.pathSeparator, -1)))
                .filter(path -> path.endsWith(".jar") && !path.contains("/target/")) // those of ours
                .map(Path::of)
                .toList();
        var bundled = new TreeSet<String>();
        try (var program = new ZipFile(TARGET.resolve("ntk.jar").toFile())) {
            var names = program.stream().map(ZipEntry::getName).collect(toCollection(TreeSet::new));
            for (var path : paths) {
                try (var library = new ZipFile(path.toFile())) {
                    if (library.stream()
                            .map(ZipEntry::getName)
                            .filter(DistributionIT::isCode)
                            .anyMatch(names::contains)) {
                        int count = path.getNameCount();
                        bundled.add(path.getName(count - 3) + " " + path.getName(count - 2));
                    }
                }
            }
        }
        return List.copyOf(bundled);
    }

    private static boolean isCode(String entry) {
        return entry.startsWith("META-INF/") ? entry.matches("META-INF/native/.+") : entry.endsWith(".class");
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
