package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a menu bot says. Inputs are compared without white space around them and without regard to case.
 *
 * @param greeting lines sent in one write when a peer connects; may be none
 * @param answers the answer to each known input, one or more lines without the last line end
 * @param fallback the answer to any other input
 * @param exits the inputs that end the talk; may be none
 * @param farewell what is said at the end, or null for nothing
 */
public record Menu(
        List<String> greeting,
        Map<String, String> answers,
        String fallback,
        Set<String> exits,
        @Nullable String farewell) {
    /** A small menu to try: three topics, and {@code exit}. */
    public static final Menu SAMPLE = new Menu(
            List.of(
                    "Welcome to ntk. Type a word and press Enter:",
                    "  hours   when we are open",
                    "  place   where we are",
                    "  help    this menu again",
                    "  exit    goodbye"),
            Map.of(
                    "hours", "We are open from 9 to 17, Monday to Friday.",
                    "place", "You are talking to a sample menu of ntk tcp serve.",
                    "help", "hours, place, help or exit"),
            "I do not know that. Type help for what I know.",
            Set.of("exit"),
            null);

    /** Takes copies, with the inputs in the form in which they are compared, and checks that none is there twice. */
    public Menu {
        greeting = List.copyOf(greeting);
        requireNonNull(fallback, "fallback");
        Map<String, String> known = new LinkedHashMap<>();
        answers.forEach((input, answer) -> {
            if (known.put(normal(input), requireNonNull(answer, "answer")) != null) {
                throw new IllegalArgumentException("answers: \"" + input + "\" (expected: each input once)");
            }
        });
        Set<String> ends = new LinkedHashSet<>();
        for (String input : exits) {
            if (known.containsKey(normal(input))) {
                throw new IllegalArgumentException("exits: \"" + input + "\" (expected: no input that has an answer)");
            }
            ends.add(normal(input));
        }
        answers = Collections.unmodifiableMap(known);
        exits = Collections.unmodifiableSet(ends);
    }

    /** The greeting as one reply. */
    Reply welcome() {
        return greeting.isEmpty() ? Reply.NONE : Reply.line(String.join("\n", greeting));
    }

    /** The answer to an input. */
    Reply answer(String line) {
        String input = normal(line);
        if (exits.contains(input)) {
            return farewell == null ? Reply.close() : Reply.last(farewell);
        }
        return Reply.line(answers.getOrDefault(input, fallback));
    }

    private static String normal(String input) {
        return input.strip().toLowerCase(Locale.ROOT);
    }
}
