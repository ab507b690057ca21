package io.ntk.cli;

import io.ntk.cli.MenuFile.Draft;
import io.ntk.cli.MenuFile.Wrong;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;

/** A menu as properties. */
final class MenuProperties {
    private static final String ANSWER = "answer.";

    private MenuProperties() {}

    static Draft read(String text) throws Wrong {
        Properties properties = load(text);
        Draft draft = new Draft();
        for (String key : new TreeSet<>(properties.stringPropertyNames())) {
            String value = properties.getProperty(key);
            switch (key) {
                case "greeting" -> draft.greeting = List.of(value.split("\n", -1));
                case "fallback" -> draft.fallback = value;
                case "farewell" -> draft.farewell = value;
                case "exits" -> {
                    for (String exit : value.split(",", -1)) {
                        draft.exits.add(exit.strip());
                    }
                }
                default -> {
                    if (!key.startsWith(ANSWER)) {
                        throw new Wrong(
                                line(text, key),
                                "key \"" + key + "\" (expected: greeting, answer.INPUT, fallback, exits or farewell)");
                    }
                    draft.answers.put(key.substring(ANSWER.length()), value);
                }
            }
        }
        return draft;
    }

    private static Properties load(String text) throws Wrong {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IllegalArgumentException | IOException e) {
            throw new Wrong(line(text, "\\u"), "not in the form of properties: " + e.getMessage());
        }
        return properties;
    }

    /** The first line that has a text in it; {@link Properties} does not tell lines. */
    private static int line(String text, String what) {
        return 1 + (int) text.lines().takeWhile(line -> !line.contains(what)).count();
    }
}
