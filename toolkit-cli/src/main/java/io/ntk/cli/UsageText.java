package io.ntk.cli;

import io.ntk.core.Escaped;
import io.ntk.core.Nearest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said to a wrong command line: what is wrong, what was probably meant, how to get help; never a whole page. */
final class UsageText {
    /* picocli names the label of a list's values too, which says nothing that the expectation does not. */
    private static final Pattern LABEL = Pattern.compile("^(Invalid value for option '[^']*') \\([^)]*\\):");

    private UsageText() {}

    static String of(ParameterException wrong) {
        return wrong instanceof UnmatchedArgumentException unmatched ? unmatched(unmatched) : value(wrong);
    }

    /** How to get help about a command. */
    static String hint(CommandLine command) {
        return "Try '" + command.getCommandSpec().qualifiedName() + " --help'.";
    }

    private static String unmatched(UnmatchedArgumentException wrong) {
        String argument =
                wrong.getUnmatched().isEmpty() ? "" : wrong.getUnmatched().get(0);
        boolean group = !wrong.getCommandLine().getSubcommands().isEmpty();
        String what = wrong.isUnknownOption() ? "unknown option" : group ? "unknown command" : "unexpected argument";
        var words = wrong.isUnknownOption()
                ? wrong.getCommandLine().getCommandSpec().optionsMap().keySet()
                : wrong.getCommandLine().getSubcommands().keySet();
        String name = argument.contains("=") ? argument.substring(0, argument.indexOf('=')) : argument;
        String meant = Nearest.to(name, words)
                .map(word -> " (did you mean " + word + "?)")
                .orElse("");
        return what + " '" + Escaped.text(argument) + "'" + meant;
    }

    private static String value(ParameterException wrong) {
        String variable = variable(wrong);
        String text = LABEL.matcher(wrong.getMessage()).replaceFirst("$1:");
        return text + (variable == null ? "" : " (from " + variable + ")");
    }

    private static @Nullable String variable(ParameterException wrong) {
        var provider = wrong.getCommandLine().getDefaultValueProvider();
        return provider instanceof EnvironmentDefaults defaults && wrong.getArgSpec() != null
                ? defaults.source(wrong.getArgSpec())
                : null;
    }
}
