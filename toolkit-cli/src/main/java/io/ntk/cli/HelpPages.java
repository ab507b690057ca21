package io.ntk.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The help of every command as the build rendered it, with colours, one resource each.
 *
 * <p>To read a text takes a millisecond; to build picocli's model of the commands and to lay the text out takes most of
 * the time that a person would wait for it. What is not exactly a call for help, or has no resource, is left to picocli.
 */
final class HelpPages {
    private static final Set<String> ASKING = Set.of("-h", "--help");

    private HelpPages() {}

    /**
     * What these arguments ask for.
     *
     * @param ansi with colours
     * @return null when it is no plain call for a page that is there
     */
    static @Nullable String asked(String[] args, boolean ansi) throws IOException {
        List<String> words = words(List.of(args));
        return words == null ? null : read(words, ansi);
    }

    /** The page of a command as it is kept, and the name of its resource. */
    static String render(CommandSpec command) {
        return command.commandLine().getUsageMessage(Ansi.ON);
    }

    static String name(CommandSpec command) {
        return name(List.of(command.qualifiedName().split(" ")));
    }

    /** The command that is asked about, without the program itself: nothing for {@code ntk} alone. */
    private static @Nullable List<String> words(List<String> args) {
        if (args.isEmpty()) {
            return args;
        }
        if (args.get(0).equals("help")) {
            return args.subList(1, args.size());
        }
        int last = args.size() - 1;
        return ASKING.contains(args.get(last)) ? args.subList(0, last) : null;
    }

    private static @Nullable String read(List<String> words, boolean ansi) throws IOException {
        if (!words.stream().allMatch(HelpPages::isName)) {
            return null;
        }
        List<String> command = new ArrayList<>(words);
        command.add(0, "ntk");
        try (InputStream page = HelpPages.class.getResourceAsStream("help/" + name(command))) {
            if (page == null) {
                return null;
            }
            String text = new String(page.readAllBytes(), StandardCharsets.UTF_8);
            return ansi ? text : plain(text);
        }
    }

    private static boolean isName(String word) {
        return !word.isEmpty() && word.chars().allMatch(c -> c >= 'a' && c <= 'z');
    }

    private static String name(List<String> words) {
        return String.join("-", words) + ".txt";
    }

    /** Without the sequences that set a colour: ESC [ parameters m. */
    private static String plain(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        int from = 0;
        for (int escape = text.indexOf('\u001b'); escape >= 0; escape = text.indexOf('\u001b', from)) {
            plain.append(text, from, escape);
            from = text.indexOf('m', escape) + 1;
        }
        return plain.append(text, from, text.length()).toString();
    }
}
