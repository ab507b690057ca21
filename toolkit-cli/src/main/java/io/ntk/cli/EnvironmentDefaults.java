package io.ntk.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Gives every option its default from the environment: {@code NTK_NOUN_VERB_OPTION}, else {@code NTK_OPTION}, upper case,
 * with underscores for dashes. An empty variable counts as none. Flags take {@code true} or {@code false}, repeatable
 * options several values with commas between them.
 */
final class EnvironmentDefaults implements IDefaultValueProvider {
    private final Map<String, String> variables;
    private final Map<ArgSpec, String> used = new HashMap<>();

    EnvironmentDefaults(Map<String, String> variables) {
        this.variables = variables;
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return null;
        }
        for (String name : names(option)) {
            String value = variables.get(name);
            if (value != null && !value.isEmpty()) {
                used.put(option, name);
                return value;
            }
        }
        return null;
    }

    /** The variable that an option had its value from, if it was not on the command line. */
    @Nullable
    String source(ArgSpec argument) {
        return used.get(argument);
    }

    /** The variables of an option, the first to be looked at first; none for those that only ask for help. */
    static List<String> names(OptionSpec option) {
        if (option.usageHelp() || option.versionHelp()) {
            return List.of();
        }
        String general = general(option);
        String command = option.command().qualifiedName("_");
        return List.of(upper(command) + general.substring("NTK".length()), general);
    }

    /** The variable of an option that holds for every command that has it. */
    static String general(OptionSpec option) {
        return "NTK_" + upper(option.longestName().replaceFirst("^-+", ""));
    }

    private static String upper(String name) {
        return name.toUpperCase(Locale.ROOT).replace('-', '_').replace(' ', '_');
    }
}
