package io.ntk.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said to a wrong command line: what is wrong, what was probably meant, how to get help; never a whole page. */
final class UsageText {
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
        List<String> suggestions = wrong.getSuggestions();
        String nearest = suggestions.isEmpty() ? "" : " (did you mean " + suggestions.get(0) + "?)";
        return what + " '" + argument + "'" + nearest;
    }

    private static String value(ParameterException wrong) {
        String variable = variable(wrong);
        return wrong.getMessage() + (variable == null ? "" : " (from the variable " + variable + ")");
    }

    private static @Nullable String variable(ParameterException wrong) {
        var provider = wrong.getCommandLine().getDefaultValueProvider();
        return provider instanceof EnvironmentDefaults defaults && wrong.getArgSpec() != null
                ? defaults.source(wrong.getArgSpec())
                : null;
    }
}
