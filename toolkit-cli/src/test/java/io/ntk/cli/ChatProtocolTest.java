package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replays the examples of the chat protocol's specification against the real server. */
class ChatProtocolTest {
    private static final Path DOCUMENT = Path.of("../docs/chat-protocol.md");
    private static final Pattern EXAMPLE = Pattern.compile("<!-- chat:([^>]*) -->\\n```\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern STEP = Pattern.compile("(\\w+)([<>.]) ?(.*)");

    /** One example: the server's options, and who says or gets what. */
    record Example(List<String> options, List<String> steps) {}

    static Stream<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        Matcher example = EXAMPLE.matcher(Files.readString(DOCUMENT));
        while (example.find()) {
            List<String> options = Pattern.compile(" ")
                    .splitAsStream(example.group(1))
                    .filter(option -> !option.isEmpty())
                    .toList();
            examples.add(new Example(options, example.group(2).lines().toList()));
        }
        assertThat(examples).hasSizeGreaterThan(3);
        return examples.stream();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void isSpokenAsItIsWritten(Example example) {
        List<String> command = new ArrayList<>(List.of("chat", "serve", "-q", "--listen", "127.0.0.1:0"));
        command.addAll(example.options());
        Map<String, ChatMember> members = new LinkedHashMap<>();
        try (var server = Ntk.start(command.toArray(String[]::new))) {
            String port = "" + server.port();
            for (String step : example.steps()) {
                Matcher part = STEP.matcher(step);
                assertThat(part.matches()).as(step).isTrue();
                ChatMember member = members.computeIfAbsent(part.group(1), name -> new ChatMember(port));
                String line = part.group(3);
                switch (part.group(2)) {
                    case ">" -> member.send(line);
                    case "<" -> assertThat(timeless(member.line())).as(step).isEqualTo(timeless(line));
                    default -> assertThat(member.line()).as(step).isNull();
                }
            }
        } finally {
            members.values().forEach(ChatMember::close);
        }
    }

    /** Times, addresses and the run differ each time. */
    private static String timeless(@Nullable String line) {
        return String.valueOf(line)
                .replaceAll("\\d{4}/\\d\\d/\\d\\d", "DATE")
                .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z", "TIME")
                .replaceAll("\\d\\d:\\d\\d:\\d\\d", "CLOCK")
                .replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS")
                .replaceAll("\"run\":\"[0-9a-f]+\"", "RUN");
    }
}
