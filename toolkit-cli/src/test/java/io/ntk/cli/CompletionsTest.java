package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompletionsTest {
    @ParameterizedTest
    @EnumSource
    void leavesOutWhatIsHidden(Shell shell) {
        assertThat(Completions.script(shell, Fleet.spec())).contains("colour").doesNotContain("secret", "torpedo");
    }

    @Test
    void givesZshAFunctionForEachCommand() {
        assertThat(Completions.script(Shell.ZSH, Fleet.spec()))
                .startsWith("#compdef fleet\n")
                .contains("""
                        _fleet_ship() {
                            local curcontext=$curcontext state line
                            typeset -A opt_args
                            _arguments -C -s -S \\
                                '1:command:((launch\\:"Launches a ship'\\''s boat: it'\\''s 100% \\\\safe\\\\"))' \\
                                '*:: :->rest' && return
                            case $line[1] in
                                launch) _fleet_ship_launch ;;
                            esac
                        }

                        _fleet_ship_launch() {
                            _arguments -s -S \\
                                '(-c --colour)-c+[Its \\[colour\\]]:COLOUR:(RED BLUE)' \\
                                '(-c --colour)--colour=[Its \\[colour\\]]:COLOUR:(RED BLUE)' \\
                                '*--crew=[Who is on board\\: each once]:NAME: ' \\
                                '(--log)--log=[Where to write; default is nowhere]:FILE:_files' \\
                                '(--fast)--fast[At full speed]' \\
                                '(--sail --no-sail)--sail[Hoist the sail]' \\
                                '(--sail --no-sail)--no-sail[Hoist the sail]' \\
                                ':PORT:_files'
                        }
                        """);
    }

    @Test
    void givesFishALineForEachWord() {
        assertThat(Completions.script(Shell.FISH, Fleet.spec())).endsWith("""
                complete -c fleet -f
                complete -c fleet -n '__fleet_at' -a ship -d 'All about one ship'
                complete -c fleet -n '__fleet_at' -s h -l help -d 'Show this help message and exit'
                complete -c fleet -n '__fleet_at' -s V -l version -d 'Print version information and exit'
                complete -c fleet -n '__fleet_at ship' -a launch -d 'Launches a ship'\\''s boat: it'\\''s 100% \\\\safe\\\\'
                complete -c fleet -n '__fleet_in ship launch' -s c -l colour -r -a 'RED BLUE' -d 'Its [colour]'
                complete -c fleet -n '__fleet_in ship launch' -l crew -r -d 'Who is on board: each once'
                complete -c fleet -n '__fleet_in ship launch' -l log -r -F -d 'Where to write; default is nowhere'
                complete -c fleet -n '__fleet_in ship launch' -l fast -d 'At full speed'
                complete -c fleet -n '__fleet_in ship launch' -l sail -l no-sail -d 'Hoist the sail'
                complete -c fleet -n '__fleet_in ship launch' -F
                """);
    }
}
