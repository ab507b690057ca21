package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class HelpTest {
    private static CommandLine root() {
        var nowhere = new ByteArrayOutputStream();
        return Commands.all(new Environment(InputStream.nullInputStream(), nowhere, nowhere, Set.of(), Map.of()));
    }

    static Stream<CommandLine> commands() {
        List<CommandLine> all = new ArrayList<>();
        collect(root(), all);
        return all.stream().filter(command -> !command.getCommandName().equals("help"));
    }

    private static void collect(CommandLine command, List<CommandLine> all) {
        all.add(command);
        command.getSubcommands().values().forEach(below -> collect(below, all));
    }

    private static String[] words(CommandLine command, String more) {
        String name = command.getCommandSpec().qualifiedName();
        return (name + more).substring("ntk".length()).strip().split(" ");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void opensWithExamplesAndClosesWithExitCodes(CommandLine command) {
        Ntk.Result help = Ntk.run(words(command, " --help"));
        assertThat(help.exit()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out())
                .startsWith("Examples:\n  ")
                .contains("Usage: " + command.getCommandSpec().qualifiedName())
                .endsWith("  143   terminated (SIGTERM)\n");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void showsTheVariableOfEachOption(CommandLine command) {
        String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (!option.usageHelp() && !option.versionHelp()) {
                assertThat(help).contains("[" + EnvironmentDefaults.general(option) + "]");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void fitsATerminal(CommandLine command) {
        assertThat(command.getUsageMessage(CommandLine.Help.Ansi.OFF).lines())
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyExampleIsOfItsCommandAndParses(CommandLine command) {
        Examples examples = command.getCommandSpec().userObject().getClass().getAnnotation(Examples.class);
        assertThat(examples).isNotNull();
        for (String example : examples.value()) {
            // A command may stand in a pipe, a redirection or a substitution of the shell.
            String line = example.substring(example.indexOf("ntk ")).replaceFirst("\\s+[#|<>].*|\\).*", "");
            assertThat(line).startsWith(command.getCommandSpec().qualifiedName());
            assertThat(root().parseArgs(line.substring("ntk".length()).strip().split(" ")))
                    .isNotNull();
        }
    }

    @Test
    void helpOfANamedCommandIsItsHelp() {
        assertThat(Ntk.run("help", "tcp").out())
                .isEqualTo(Ntk.run("tcp", "--help").out());
        assertThat(Ntk.run("help").out()).isEqualTo(Ntk.run("--help").out());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theKeptPageIsWhatPicocliRenders(CommandLine command) throws IOException {
        if (command.getCommandSpec().usageMessage().hidden()) {
            return;
        }
        assertThat(HelpPages.asked(words(command, " --help"), true))
                .isEqualTo(command.getUsageMessage(CommandLine.Help.Ansi.ON));
        assertThat(HelpPages.asked(words(command, " -h"), false))
                .isEqualTo(command.getUsageMessage(CommandLine.Help.Ansi.OFF));
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such --help", "../help/ntk --help", "tcp serve --json --help", "tcp serve"})
    void whatIsNoPlainCallForAPageIsLeftToPicocli(String line) throws IOException {
        assertThat(HelpPages.asked(line.split(" "), false)).isNull();
    }

    @Test
    void colourFollowsTheOption() {
        assertThat(Ntk.run("tcp", "serve", "--color=always", "--help").out()).contains("\u001b[");
        assertThat(Ntk.run("tcp", "serve", "--help").out()).doesNotContain("\u001b[");
    }

    @Test
    void loadsNoNettyAndStartsNoLog() {
        List<String> unwanted = new ArrayList<>();
        commands().forEach(command -> {
            try (NtkProcess ntk = NtkProcess.startWith(List.of("-Xlog:class+load"), words(command, " --help"))) {
                assertThat(ntk.exit()).isZero();
                Await.until("all of the output", () -> ntk.out().contains("143   terminated"));
                assertThat(ntk.out()).contains(" io.ntk.cli.Main ");
                unwanted.addAll(ntk.out()
                        .lines()
                        .filter(line -> line.contains(" io.netty.")
                                || line.contains(" ch.qos.logback.")
                                || line.contains(" org.slf4j."))
                        .toList());
            }
        });
        assertThat(unwanted).isEmpty();
    }
}
