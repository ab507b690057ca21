package io.ntk.cli;

import static io.ntk.cli.CommandText.names;
import static io.ntk.cli.CommandText.options;
import static io.ntk.cli.CommandText.parameters;
import static io.ntk.cli.CommandText.subcommands;
import static io.ntk.cli.CommandText.summary;
import static io.ntk.cli.CommandText.takesFile;
import static io.ntk.cli.CommandText.values;
import static io.ntk.cli.CommandText.visible;
import static java.util.stream.Collectors.joining;

import java.util.stream.Stream;
import picocli.AutoComplete;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The completion scripts, made from the commands themselves. */
final class Completions {
    private Completions() {}

    static String script(Shell shell, CommandSpec root) {
        return switch (shell) {
            case BASH -> AutoComplete.bash(root.name(), root.commandLine());
            case ZSH -> zsh(root);
            case FISH -> fish(root);
        };
    }

    /*
     * zsh: a function for each command. It completes the options and the subcommand, and then calls that one's function with
     * the words that are left.
     */

    private static String zsh(CommandSpec root) {
        // Autoloaded by compinit, the file is the body of _ntk; sourced, it must register itself.
        return """
                #compdef NAME

                FUNCTIONS
                if [ "$funcstack[1]" = _NAME ]; then
                    _NAME "$@"
                else
                    compdef _NAME NAME
                fi
                """.replace("NAME", root.name()).replace(
                "FUNCTIONS",
                visible(root).stream().map(Completions::zshFunction).collect(joining("\n")));
    }

    private static String zshFunction(CommandSpec command) {
        var function = "_" + command.qualifiedName("_");
        var specs = Stream.concat(options(command).stream().flatMap(Completions::zshOption), zshArguments(command))
                .map(Completions::quote)
                .collect(joining(" \\\n        "));
        var calls = subcommands(command).stream()
                .map(sub -> "        %s) %s_%s ;;\n".formatted(sub.name(), function, sub.name()))
                .collect(joining());
        return calls.isEmpty() ? """
                %s() {
                    _arguments -s -S \\
                        %s
                }
                """.formatted(function, specs) : """
                %s() {
                    local curcontext=$curcontext state line
                    typeset -A opt_args
                    _arguments -C -s -S \\
                        %s && return
                    case $line[1] in
                %s    esac
                }
                """.formatted(function, specs, calls);
    }

    /** One specification for each name: {@code (-l --listen)--listen=[Where to listen]:ENDPOINT: }. */
    private static Stream<String> zshOption(OptionSpec option) {
        boolean hasValue = option.arity().max() > 0;
        var once = option.isMultiValue() ? "*" : "(" + String.join(" ", names(option)) + ")";
        var explanation = "[" + zshText(summary(option)) + "]";
        var value = hasValue ? ":" + zshText(option.paramLabel()) + ":" + zshAction(option) : "";
        return names(option).stream().map(name -> {
            var end = !hasValue ? "" : name.startsWith("--") ? "=" : "+";
            return once + name + end + explanation + value;
        });
    }

    private static Stream<String> zshArguments(CommandSpec command) {
        var subcommands = subcommands(command);
        if (subcommands.isEmpty()) {
            return parameters(command).stream()
                    .map(parameter -> (parameter.isMultiValue() ? "*" : "") + ":" + zshText(parameter.paramLabel())
                            + ":" + zshAction(parameter));
        }
        var names = subcommands.stream()
                .map(sub -> sub.name() + "\\:\"" + summary(sub).replaceAll("[\"$`\\\\]", "\\\\$0") + "\"")
                .collect(joining(" "));
        return Stream.of("1:command:((" + names + "))", "*:: :->rest");
    }

    private static String zshAction(ArgSpec arg) {
        return takesFile(arg) ? "_files" : values(arg).isEmpty() ? " " : "(" + String.join(" ", values(arg)) + ")";
    }

    private static String zshText(String text) {
        return text.replaceAll("[\\[\\]:\\\\]", "\\\\$0");
    }

    /*
     * fish: one line for each subcommand, option and fixed argument, with a condition on the words before it. Nouns and verbs
     * stand first, so that the words tell the command.
     */

    private static String fish(CommandSpec root) {
        return """
                # True when the words of the command line begin with these.
                function __NAME_in
                    set -l words (commandline -opc)
                    set -e words[1]
                    set -l n (count $argv)
                    test (count $words) -ge $n; and test "$words[1..$n]" = "$argv"
                end

                # True when they are exactly these.
                function __NAME_at
                    set -l words (commandline -opc)
                    set -e words[1]
                    test "$words" = "$argv"
                end

                complete -c NAME -f
                """.replace("NAME", root.name())
                + visible(root).stream()
                        .flatMap(Completions::fishLines)
                        .map(line -> "complete -c " + root.name() + " " + line + "\n")
                        .collect(joining());
    }

    private static Stream<String> fishLines(CommandSpec command) {
        var root = command.root().name();
        var words = command.qualifiedName(" ").substring(root.length());
        var at = "-n '__" + root + "_at" + words + "' ";
        var in = words.isEmpty() ? at : "-n '__" + root + "_in" + words + "' ";
        var subcommands = subcommands(command).stream().map(sub -> at + "-a " + sub.name() + fishSummary(summary(sub)));
        var options = options(command).stream().map(option -> in + fishOption(option));
        var parameters = parameters(command).stream()
                .map(Completions::fishValues)
                .filter(values -> !values.isEmpty())
                .map(values -> in + values.strip());
        return Stream.of(subcommands, options, parameters).flatMap(lines -> lines);
    }

    private static String fishOption(OptionSpec option) {
        var names = names(option).stream()
                .map(name -> name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1))
                .collect(joining(" "));
        boolean hasValue = option.arity().max() > 0;
        return names + (hasValue ? " -r" + fishValues(option) : "") + fishSummary(summary(option));
    }

    private static String fishValues(ArgSpec arg) {
        return takesFile(arg) ? " -F" : values(arg).isEmpty() ? "" : " -a " + quote(String.join(" ", values(arg)));
    }

    private static String fishSummary(String summary) {
        return summary.isEmpty() ? "" : " -d " + quote(summary.replace("\\", "\\\\"));
    }

    /** In single quotes, for both shells. */
    private static String quote(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
