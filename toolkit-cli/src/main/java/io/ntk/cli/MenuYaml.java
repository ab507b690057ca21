package io.ntk.cli;

import io.ntk.cli.MenuFile.Draft;
import io.ntk.cli.MenuFile.Wrong;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A menu as YAML. Read as nodes, which know their lines, and in which {@code no} and {@code 1} are the texts they are. */
final class MenuYaml {
    private MenuYaml() {}

    static Draft read(String text) throws Wrong {
        Draft draft = new Draft();
        for (NodeTuple entry : mapping(root(text), "the menu")) {
            String key = scalar(entry.getKeyNode(), "a key");
            Node value = entry.getValueNode();
            switch (key) {
                case "greeting" -> draft.greeting = list(value, key);
                case "answers" -> {
                    for (NodeTuple answer : mapping(value, key)) {
                        draft.answers.put(
                                scalar(answer.getKeyNode(), "an input"), scalar(answer.getValueNode(), "an answer"));
                    }
                }
                case "fallback" -> draft.fallback = scalar(value, key);
                case "exits" -> draft.exits = new LinkedHashSet<>(list(value, key));
                case "farewell" -> draft.farewell = scalar(value, key);
                default -> throw wrong(entry.getKeyNode(), "key \"" + key + "\" (expected: " + MenuFile.KEYS + ")");
            }
        }
        return draft;
    }

    private static Node root(String text) throws Wrong {
        try {
            LoadSettings settings = LoadSettings.builder().setUseMarks(true).build();
            return new Compose(settings)
                    .composeString(text)
                    .orElseThrow(() -> new Wrong(1, "it is empty (expected: " + MenuFile.KEYS + ")"));
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
            throw new Wrong(line, "not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new Wrong(1, "not YAML: " + e.getMessage());
        }
    }

    /** The entries of a mapping, each key once. */
    private static List<NodeTuple> mapping(Node node, String what) throws Wrong {
        if (!(node instanceof MappingNode mapping)) {
            throw wrong(node, what + " (expected: entries of the form KEY: VALUE)");
        }
        Set<String> keys = new TreeSet<>();
        for (NodeTuple entry : mapping.getValue()) {
            String key = scalar(entry.getKeyNode(), "a key");
            if (!keys.add(key)) {
                throw wrong(entry.getKeyNode(), "key \"" + key + "\" is there twice");
            }
        }
        return mapping.getValue();
    }

    private static List<String> list(Node node, String what) throws Wrong {
        List<String> texts = new ArrayList<>();
        if (node instanceof SequenceNode sequence) {
            for (Node each : sequence.getValue()) {
                texts.add(scalar(each, what));
            }
        } else {
            texts.addAll(scalar(node, what).lines().toList());
        }
        return texts;
    }

    private static String scalar(Node node, String what) throws Wrong {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue().stripTrailing();
        }
        throw wrong(node, what + " (expected: a text)");
    }

    private static Wrong wrong(Node node, String what) {
        return new Wrong(node.getStartMark().map(Mark::getLine).orElse(0) + 1, what);
    }
}
