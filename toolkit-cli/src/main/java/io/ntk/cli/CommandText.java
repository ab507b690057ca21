package io.ntk.cli;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What man pages and completion scripts ask of a command: its visible parts, and its texts without picocli's markup. */
final class CommandText {
    private CommandText() {}

    /** The command and all below it that are not hidden, each before those below it. */
    static List<CommandSpec> visible(CommandSpec root) {
        return Stream.concat(Stream.of(root), subcommands(root).stream().flatMap(sub -> visible(sub).stream()))
                .toList();
    }

    /** In the order of the help, each once whatever its aliases. */
    static List<CommandSpec> subcommands(CommandSpec command) {
        return command.subcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .filter(sub -> !sub.usageMessage().hidden())
                .distinct()
                .toList();
    }

    static List<OptionSpec> options(CommandSpec command) {
        return command.options().stream().filter(option -> !option.hidden()).toList();
    }

    /** With those that turn the option off: {@code --sail}, {@code --no-sail}. */
    static List<String> names(OptionSpec option) {
        var off = option.command().negatedOptionsMap().entrySet().stream()
                .filter(entry -> entry.getValue().equals(option))
                .map(Map.Entry::getKey)
                .sorted();
        return Stream.concat(Stream.of(option.names()), off).toList();
    }

    static List<PositionalParamSpec> parameters(CommandSpec command) {
        return command.positionalParameters().stream()
                .filter(parameter -> !parameter.hidden())
                .toList();
    }

    static List<String> examples(CommandSpec command) {
        var examples = command.userObject() == null
                ? null
                : command.userObject().getClass().getAnnotation(Examples.class);
        return examples == null ? List.of() : List.of(examples.value());
    }

    /** What the values of the argument can be, when that is a fixed set; else empty. */
    static List<String> values(ArgSpec arg) {
        var candidates = arg.completionCandidates();
        return candidates == null
                ? List.of()
                : StreamSupport.stream(candidates.spliterator(), false).toList();
    }

    static boolean takesFile(ArgSpec arg) {
        var type = arg.typeInfo().isMultiValue()
                ? arg.typeInfo().getAuxiliaryTypeInfos().get(0).getType()
                : arg.type();
        return type == Path.class || type == File.class;
    }

    /** The description in one sentence, without its full stop. */
    static String summary(CommandSpec command) {
        var usage = command.usageMessage();
        return firstSentence(plain(usage.header().length > 0 ? usage.header() : usage.description()));
    }

    static String summary(ArgSpec arg) {
        return firstSentence(plain(arg.description()));
    }

    /** One paragraph from the lines of a description. */
    static String plain(String... lines) {
        var text = new StringBuilder();
        for (String line : lines) {
            text.append(Ansi.OFF.string(String.format(line))).append(' ');
        }
        return text.toString().strip().replaceAll("\\s+", " ");
    }

    private static String firstSentence(String text) {
        int end = text.indexOf(". ");
        var sentence = end < 0 ? text : text.substring(0, end);
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }
}
