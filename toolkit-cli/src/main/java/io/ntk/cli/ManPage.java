package io.ntk.cli;

import static io.ntk.cli.CommandText.names;
import static io.ntk.cli.CommandText.options;
import static io.ntk.cli.CommandText.parameters;
import static io.ntk.cli.CommandText.plain;
import static io.ntk.cli.CommandText.subcommands;
import static io.ntk.cli.CommandText.summary;
import static io.ntk.cli.CommandText.values;
import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The manual page of one command, in the {@code man} macros of roff.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/groff_man.7.html">groff_man(7)</a>
 */
final class ManPage {
    private final CommandSpec command;
    private final String name;
    private final StringBuilder out = new StringBuilder();

    private ManPage(CommandSpec command) {
        this.command = command;
        this.name = name(command);
    }

    /** The name of the page: {@code ntk-tcp-serve}. */
    static String name(CommandSpec command) {
        return command.qualifiedName("-");
    }

    /**
     * The whole page.
     *
     * @param date of the program, as in {@code 2026-11-21}
     */
    static String of(CommandSpec command, String version, String date) {
        return new ManPage(command).page(version, date);
    }

    private String page(String version, String date) {
        out.append(".TH %s 1 %s \"ntk %s\" \"ntk manual\"\n"
                .formatted(escape(name.toUpperCase(Locale.ROOT)), date, version));
        section("NAME");
        line(escape(name) + " \\- " + escape(summary(command)));
        section("SYNOPSIS");
        line(synopsis());
        section("DESCRIPTION");
        paragraphs(Stream.of(command.usageMessage().description())
                .map(CommandText::plain)
                .filter(text -> !text.isEmpty()));
        examples();
        commands();
        arguments();
        environment();
        exitStatus();
        seeAlso();
        return out.toString();
    }

    private String synopsis() {
        var words = new ArrayList<String>();
        words.add(bold(command.qualifiedName(" ")));
        options(command).stream()
                .filter(ArgSpec::required)
                .forEach(option -> words.add(bold(option.longestName()) + label(option)));
        words.add("[" + italic("options") + "]");
        parameters(command).forEach(parameter -> words.add(label(parameter)));
        if (!subcommands(command).isEmpty()) {
            words.add(italic("command"));
        }
        return String.join(" ", words);
    }

    private void examples() {
        var examples = CommandText.examples(command);
        if (!examples.isEmpty()) {
            section("EXAMPLES");
            line(".nf");
            examples.forEach(example -> line(escape(example)));
            line(".fi");
        }
    }

    private void commands() {
        var subcommands = subcommands(command);
        if (!subcommands.isEmpty()) {
            section("COMMANDS");
            subcommands.forEach(sub -> entry(bold(sub.qualifiedName(" ")), summary(sub) + "."));
        }
    }

    private void arguments() {
        if (parameters(command).isEmpty() && options(command).isEmpty()) {
            return;
        }
        section("OPTIONS");
        for (var parameter : parameters(command)) {
            entry(label(parameter), description(parameter));
        }
        for (var option : options(command)) {
            var names = names(option).stream().map(ManPage::bold).collect(joining(", "));
            entry(names + label(option), description(option));
        }
    }

    private void environment() {
        var prefix = command.parent() == null
                ? "NTK_NOUN_VERB"
                : name.toUpperCase(Locale.ROOT).replace('-', '_');
        section("ENVIRONMENT");
        paragraphs(Stream.of(
                "Every option takes its default from " + prefix + "_OPTION, else from NTK_OPTION, where OPTION is its"
                        + " long name in capitals with _ for each hyphen.",
                "NTK_JAVA_HOME is the Java to run with, NTK_JAVA_OPTS are more options for it, and"
                        + " NTK_JAVA_ARCHIVE=off does without the class-data archive that shortens the start."));
    }

    private void exitStatus() {
        var codes = command.usageMessage().exitCodeList();
        if (!codes.isEmpty()) {
            section("EXIT STATUS");
            codes.forEach((code, meaning) -> entry(bold(code.strip()), plain(meaning)));
        }
    }

    private void seeAlso() {
        var others = new ArrayList<CommandSpec>();
        var parent = command.parent();
        if (parent != null) {
            others.add(parent);
            if (parent.parent() != null) { // the other verbs of the noun
                others.addAll(subcommands(parent));
                others.remove(command);
            }
        }
        others.addAll(subcommands(command));
        if (!others.isEmpty()) {
            section("SEE ALSO");
            line(others.stream().map(other -> bold(name(other)) + "(1)").collect(joining(", ")));
        }
    }

    /** What the argument is, what it can be and what it is by default, unless the description already says so. */
    private static String description(ArgSpec arg) {
        var text = new StringBuilder(plain(arg.description()));
        var values = values(arg);
        if (!values.isEmpty() && !values.stream().allMatch(value -> text.indexOf(value) >= 0)) {
            text.append(" One of: ").append(String.join(", ", values)).append('.');
        }
        var value = arg.defaultValueString();
        boolean isFlag = arg.arity().max() == 0;
        if (!isFlag && !value.isEmpty() && !value.equals("null") && text.indexOf("efault") < 0) {
            text.append(" Default: ").append(value).append('.');
        }
        return text.toString().strip();
    }

    private String label(ArgSpec arg) {
        var label = new Help(command)
                .parameterLabelRenderer()
                .renderParameterLabel(arg, Ansi.OFF, List.of())
                .toString();
        return label.startsWith("=") ? "=" + italic(label.substring(1)) : italic(label);
    }

    private void section(String title) {
        line(".SH " + title);
    }

    private void paragraphs(Stream<String> texts) {
        line(texts.map(ManPage::fill).collect(joining("\n.P\n")));
    }

    private void entry(String tag, String text) {
        line(".TP\n" + tag + "\n" + fill(text));
    }

    /** The text in lines of at most 80 characters, if its words allow it. */
    private static String fill(String text) {
        var lines = new ArrayList<String>();
        var line = "";
        for (var word : text.split(" ", -1)) {
            if (!line.isEmpty() && escape(line + " " + word).length() > 80) {
                lines.add(escape(line));
                line = word;
            } else {
                line += line.isEmpty() ? word : " " + word;
            }
        }
        lines.add(escape(line));
        return String.join("\n", lines);
    }

    private void line(String line) {
        out.append(line).append('\n');
    }

    private static String bold(String text) {
        return "\\fB" + escape(text) + "\\fR";
    }

    private static String italic(String text) {
        return text.isEmpty() ? "" : "\\fI" + escape(text) + "\\fR";
    }

    /** The text as roff shows it unchanged: no request at the start of a line, hyphens that can be copied, ASCII only. */
    private static String escape(String text) {
        var escaped = new StringBuilder(text.startsWith(".") || text.startsWith("'") ? "\\&" : "");
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> escaped.append("\\e");
                case '-' -> escaped.append("\\-");
                case '\'' -> escaped.append("\\(aq");
                case '`' -> escaped.append("\\(ga");
                case '^' -> escaped.append("\\(ha");
                case '~' -> escaped.append("\\(ti");
                default -> {
                    if (c < 0x80) {
                        escaped.append((char) c);
                    } else {
                        escaped.append("\\[u%04X]".formatted(c));
                    }
                }
            }
        });
        return escaped.toString();
    }
}
