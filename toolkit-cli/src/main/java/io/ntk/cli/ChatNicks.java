package io.ntk.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/**
 * What a person at a chat may want to complete: the server's commands where a line begins, and nicks anywhere. Nicks are
 * learned from what arrives, at most {@value #MAX_NICKS}; those not heard of for longest are forgotten. Thread-safe.
 */
final class ChatNicks implements Completer {
    static final int MAX_NICKS = 1000;

    private static final List<String> COMMANDS = List.of(
            "/nick",
            "/join",
            "/leave",
            "/rooms",
            "/who",
            "/msg",
            "/me",
            "/history",
            "/format",
            "/ping",
            "/help",
            "/quit");
    private static final Pattern NICK = Pattern.compile("[\\p{L}\\p{M}\\p{N}._-]{1,48}");

    private final Map<String, String> nicks = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > MAX_NICKS;
        }
    };

    /** Hears of a nick; what can be none is ignored, for it would be typed into a terminal. */
    synchronized void learn(String nick) {
        if (NICK.matcher(nick).matches()) {
            nicks.put(key(nick), nick);
        }
    }

    /** Its bearer has left, or has another one. */
    synchronized void forget(String nick) {
        nicks.remove(key(nick));
    }

    synchronized List<String> known() {
        return List.copyOf(nicks.values());
    }

    private static String key(String nick) {
        return nick.toLowerCase(Locale.ROOT);
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        candidates.addAll(candidates(line));
    }

    List<Candidate> candidates(ParsedLine line) {
        boolean first = line.wordIndex() == 0;
        if (first && line.word().startsWith("/")) {
            return COMMANDS.stream().map(command -> candidate(command, "")).toList();
        }
        return known().stream().map(nick -> candidate(nick, first ? ":" : "")).toList();
    }

    /** At the start of a line a nick is an address: {@code ann: hello}. */
    private static Candidate candidate(String word, String suffix) {
        return new Candidate(word + suffix, word, null, null, null, null, true);
    }
}
