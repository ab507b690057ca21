package io.ntk.cli;

import java.lang.reflect.Member;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Help.IOptionRenderer;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * How the help of every command looks: examples first, the options under the headings of their mixins, the variable of
 * each option behind its description, exit codes last.
 */
final class HelpLayout {
    private static final int WIDTH = 80;
    private static final String OWN = "Options";
    private static final String EXAMPLES = "examples";
    private static final String ENVIRONMENT = "environment";

    private HelpLayout() {}

    /** Gives a command and all below it this layout. */
    static void apply(CommandLine command) {
        UsageMessageSpec usage = command.getCommandSpec().usageMessage();
        usage.width(WIDTH)
                .sortOptions(false)
                .abbreviateSynopsis(true)
                .synopsisHeading("%nUsage: ")
                .descriptionHeading("%n")
                .parameterListHeading("%n")
                .commandListHeading("%nCommands:%n")
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(ExitCode.table());
        command.setUsageHelpLongOptionsMaxWidth(26);
        command.getHelpSectionMap().put(EXAMPLES, HelpLayout::examples);
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, HelpLayout::options);
        command.getHelpSectionMap().put(ENVIRONMENT, HelpLayout::environment);
        List<String> keys = new ArrayList<>(usage.sectionKeys());
        keys.remove(UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING);
        keys.add(0, EXAMPLES);
        keys.add(keys.indexOf(UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST_HEADING), ENVIRONMENT);
        usage.sectionKeys(keys);
        command.getSubcommands().values().forEach(HelpLayout::apply);
    }

    private static String examples(Help help) {
        Object command = help.commandSpec().userObject();
        Examples examples = command == null ? null : command.getClass().getAnnotation(Examples.class);
        if (examples == null) {
            return "";
        }
        StringBuilder out = new StringBuilder("Examples:\n");
        for (String example : examples.value()) {
            out.append("  ").append(example).append('\n');
        }
        return out.toString();
    }

    private static String options(Help help) {
        StringBuilder out = new StringBuilder();
        sections(help).forEach((heading, options) -> {
            out.append('\n').append(heading).append(":\n");
            var layout = new Help.Layout(
                    help.colorScheme(),
                    help.createDefaultLayout(help.commandSpec().options(), List.of(), help.colorScheme())
                            .textTable(),
                    withVariable(help.createDefaultOptionRenderer()),
                    help.createDefaultParameterRenderer());
            layout.addOptions(options, help.createDefaultParamLabelRenderer());
            out.append(layout);
        });
        return out.toString();
    }

    /** The command's own options first, then each mixin in the order of its field. */
    private static Map<String, List<OptionSpec>> sections(Help help) {
        Map<String, List<OptionSpec>> sections = new LinkedHashMap<>();
        sections.put(OWN, new ArrayList<>());
        for (OptionSpec option : help.commandSpec().options()) {
            if (!option.hidden()) {
                sections.computeIfAbsent(heading(option), key -> new ArrayList<>())
                        .add(option);
            }
        }
        sections.values().removeIf(List::isEmpty);
        return sections;
    }

    private static String heading(OptionSpec option) {
        Section section = option.userObject() instanceof Member field
                ? field.getDeclaringClass().getAnnotation(Section.class)
                : null;
        return section == null ? OWN : section.value();
    }

    private static IOptionRenderer withVariable(IOptionRenderer renderer) {
        return (option, labels, scheme) -> {
            Text[][] rows = renderer.render(option, labels, scheme);
            if (!EnvironmentDefaults.names(option).isEmpty()) {
                Text[] last = rows[rows.length - 1];
                int description = last.length - 1;
                last[description] = last[description].concat(" [" + EnvironmentDefaults.general(option) + "]");
            }
            return rows;
        };
    }

    private static String environment(Help help) {
        for (OptionSpec option : help.commandSpec().options()) {
            List<String> names = EnvironmentDefaults.names(option);
            if (!names.isEmpty()) {
                return "%nA variable in brackets gives an option its default, and so does one for this%ncommand alone, which wins: %s. Flags take true or%nfalse; several values have commas between them.%n"
                        .formatted(names.get(0));
            }
        }
        return "";
    }
}
