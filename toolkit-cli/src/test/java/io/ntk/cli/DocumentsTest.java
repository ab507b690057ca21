package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What documents show is what is compiled and run, and every command line in them can be parsed. */
class DocumentsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern REGION = Pattern.compile(" *// snippet: (\\S+)\\n(.*?) *// end\\n", Pattern.DOTALL);
    private static final Pattern USE =
            Pattern.compile("<!-- snippet: (\\S+) -->\\n```java\\n(.*?)\\n```\\n", Pattern.DOTALL);
    private static final Pattern SHELL = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

    static Stream<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(Stream.of(ROOT.resolve("README.md")), docs.sorted().toList().stream());
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void showsSnippetsAsTheyAreTested(Path document) throws IOException {
        String text = Files.readString(document);
        Map<String, String> tested = regions();
        Matcher use = USE.matcher(text);
        int uses = 0;
        while (use.find()) {
            uses++;
            assertThat(use.group(2)).as(use.group(1)).isEqualTo(tested.get(use.group(1)));
        }
        assertThat(text.split("<!-- snippet: ", -1)).hasSize(uses + 1);
        assertThat(text.split("```java", -1)).as("all Java is a tested snippet").hasSize(uses + 1);
    }

    @ParameterizedTest
    @MethodSource("documents")
    void showsCommandLinesThatCanBeParsed(Path document) throws IOException {
        Matcher block = SHELL.matcher(Files.readString(document));
        while (block.find()) {
            for (String line : block.group(1).lines().toList()) {
                int ntk = line.indexOf("ntk ");
                if (ntk >= 0) {
                    Commands.all(Environment.none()).parseArgs(arguments(line.substring(ntk + "ntk ".length())));
                }
            }
        }
    }

    @Test
    void showsEveryHandlerOfTheReadmesTable() throws IOException, ClassNotFoundException {
        Matcher name =
                Pattern.compile("\\| `(io\\.ntk\\.[\\w.]+)` \\|").matcher(Files.readString(ROOT.resolve("README.md")));
        int found = 0;
        while (name.find()) {
            Class<?> handler = Class.forName(name.group(1));
            assertThat(io.netty.channel.ChannelHandler.class).isAssignableFrom(handler);
            found++;
        }
        assertThat(found).isGreaterThan(10);
    }

    /** Without comment, pipe and redirection. */
    private static String[] arguments(String line) {
        return line.replaceFirst("\\s+#.*", "")
                .replaceFirst("\\s+[|<>].*", "")
                .strip()
                .split("\\s+");
    }

    private static Map<String, String> regions() throws IOException {
        Map<String, String> regions = new LinkedHashMap<>();
        List<Path> sources = new ArrayList<>();
        for (String module : List.of("toolkit-tcp", "toolkit-udp")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module + "/src/test/java"))) {
                files.filter(file -> file.toString().endsWith("SnippetsTest.java"))
                        .forEach(sources::add);
            }
        }
        for (Path source : sources) {
            Matcher region = REGION.matcher(Files.readString(source));
            while (region.find()) {
                regions.put(region.group(1), region.group(2).stripTrailing().stripIndent());
            }
        }
        return regions;
    }
}
