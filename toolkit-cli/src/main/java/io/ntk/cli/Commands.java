package io.ntk.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;

/**
 * The commands by their names, and the model of them.
 *
 * <p>picocli reads the annotations of a command when it is added, which takes milliseconds each; a run therefore gets no
 * more of the model than its arguments name.
 */
final class Commands {
    private static final Map<String, Class<?>> NOUNS = table(
            "tcp", TcpCommand.class,
            "udp", UdpCommand.class,
            "chat", ChatCommand.class,
            "http", HttpCommand.class,
            "upload", UploadCommand.class,
            "up", UpCommand.class,
            "resolve", ResolveCommand.class,
            "doctor", DoctorCommand.class,
            "completion", CompletionCommand.class,
            "archive-training", ArchiveTrainingCommand.class,
            "help", HelpCommand.class);
    private static final Map<String, Map<String, Class<?>>> VERBS = Map.of(
            "tcp",
            table(
                    "serve", TcpServeCommand.class,
                    "connect", TcpConnectCommand.class,
                    "check", TcpCheckCommand.class),
            "chat",
            table("serve", ChatServeCommand.class, "join", ChatJoinCommand.class),
            "udp",
            table(
                    "serve", UdpServeCommand.class,
                    "send", UdpSendCommand.class,
                    "measure", UdpMeasureCommand.class),
            "http",
            table("serve", HttpServeCommand.class),
            "upload",
            table("serve", UploadServeCommand.class, "send", UploadSendCommand.class));

    private Commands() {}

    /** The whole model: every group and verb, with its layout and its defaults. */
    static CommandLine all(Environment environment) {
        CommandLine root = new CommandLine(new Main());
        NOUNS.forEach((noun, type) -> add(root, noun, type, VERBS.getOrDefault(noun, Map.of())));
        return finished(root, environment);
    }

    /** What these arguments need of it, which parses them with the same outcome. */
    static CommandLine of(Environment environment, String... arguments) {
        String first = arguments.length == 0 ? "" : arguments[0];
        Class<?> noun = first.equals("help") ? null : NOUNS.get(first);
        if (noun == null) {
            return all(environment); // to suggest what may have been meant
        }
        CommandLine root = new CommandLine(new Main());
        Map<String, Class<?>> verbs = VERBS.getOrDefault(first, Map.of());
        Class<?> verb = arguments.length > 1 ? verbs.get(arguments[1]) : null;
        add(root, first, noun, verb == null ? verbs : Map.of(arguments[1], verb));
        return finished(root, environment);
    }

    private static void add(CommandLine root, String noun, Class<?> type, Map<String, Class<?>> verbs) {
        CommandLine group = new CommandLine(type);
        verbs.forEach(group::addSubcommand);
        root.addSubcommand(noun, group);
    }

    private static CommandLine finished(CommandLine root, Environment environment) {
        root.setDefaultValueProvider(new EnvironmentDefaults(environment.variables()));
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setExpandAtFiles(false); // a host or a greeting that begins with @ is none of our files
        Converters.register(root);
        HelpLayout.apply(root);
        return root;
    }

    /** Names and classes in turn, in the order of the help. */
    private static Map<String, Class<?>> table(Object... pairs) {
        Map<String, Class<?>> table = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            table.put((String) pairs[i], (Class<?>) pairs[i + 1]);
        }
        return table;
    }
}
