package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;

class ManPageTest {
    private final CommandSpec fleet = Fleet.spec();
    private final CommandSpec ship = CommandText.subcommands(fleet).get(0);
    private final CommandSpec launch = CommandText.subcommands(ship).get(0);

    @Test
    void writesTheWholePage() {
        assertThat(page(launch)).isEqualTo("""
                .TH FLEET\\-SHIP\\-LAUNCH 1 2026-11-21 "ntk 1.2.3" "ntk manual"
                .SH NAME
                fleet\\-ship\\-launch \\- Launches a ship\\(aqs boat: it\\(aqs 100% \\esafe\\e
                .SH SYNOPSIS
                \\fBfleet ship launch\\fR \\fB\\-\\-crew\\fR=\\fINAME\\fR [\\fIoptions\\fR] \\fIPORT\\fR
                .SH DESCRIPTION
                Launches a ship\\(aqs boat: it\\(aqs 100% \\esafe\\e. Mostly.
                .P
                \\&.starts with a dot
                .SH EXAMPLES
                .nf
                fleet ship launch \\-\\-colour RED   # a red one
                fleet ship launch \\(aqx y\\(aq
                .fi
                .SH OPTIONS
                .TP
                \\fIPORT\\fR
                Where to.
                .TP
                \\fB\\-c\\fR, \\fB\\-\\-colour\\fR=\\fICOLOUR\\fR
                Its [colour]. One of: RED, BLUE. Default: BLUE.
                .TP
                \\fB\\-\\-crew\\fR=\\fINAME\\fR
                Who is on board: each once.
                .TP
                \\fB\\-\\-log\\fR=\\fIFILE\\fR
                Where to write; default is nowhere.
                .TP
                \\fB\\-\\-fast\\fR
                At full speed.
                .TP
                \\fB\\-\\-sail\\fR, \\fB\\-\\-no\\-sail\\fR
                Hoist the sail.
                .SH ENVIRONMENT
                Every option takes its default from FLEET_SHIP_LAUNCH_OPTION, else from
                NTK_OPTION, where OPTION is its long name in capitals with _ for each hyphen.
                .P
                NTK_JAVA_HOME is the Java to run with, NTK_JAVA_OPTS are more options for it,
                and NTK_JAVA_ARCHIVE=off does without the class\\-data archive that shortens the
                start.
                .SH EXIT STATUS
                .TP
                \\fB0\\fR
                afloat
                .TP
                \\fB3\\fR
                sunk
                .SH SEE ALSO
                \\fBfleet\\-ship\\fR(1)
                """);
    }

    @Test
    void listsTheCommandsBelow() {
        assertThat(page(fleet))
                .contains(".SH COMMANDS\n.TP\n\\fBfleet ship\\fR\nAll about one ship.\n")
                .contains("\\fBfleet\\fR [\\fIoptions\\fR] \\fIcommand\\fR\n")
                .contains("NTK_NOUN_VERB_OPTION")
                .endsWith(".SH SEE ALSO\n\\fBfleet\\-ship\\fR(1)\n");
        assertThat(page(ship)).contains("\\fBfleet ship launch\\fR").doesNotContain("begin", ".SH OPTIONS");
    }

    @Test
    void leavesOutWhatIsHidden() {
        assertThat(CommandText.visible(fleet)).containsExactly(fleet, ship, launch);
        assertThat(page(fleet)).doesNotContain("secret");
    }

    @Test
    void writesOnlyAscii() {
        var spec = CommandSpec.create().name("x");
        spec.usageMessage().description("Größe ✓ 𝄞");

        assertThat(page(spec)).contains("Gr\\[u00F6]\\[u00DF]e \\[u2713] \\[u1D11E]");
    }

    @Test
    void saysSomethingOfEveryCommand() {
        for (var command : CommandText.visible(Commands.all(Environment.none()).getCommandSpec())) {
            assertThat(CommandText.summary(command)).as(command.qualifiedName()).isNotEmpty();
        }
    }

    private static String page(CommandSpec command) {
        return ManPage.of(command, "1.2.3", "2026-11-21");
    }
}
