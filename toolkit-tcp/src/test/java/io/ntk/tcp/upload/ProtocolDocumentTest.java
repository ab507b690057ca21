package io.ntk.tcp.upload;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.UploadError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The bytes in {@code docs/upload-protocol.md} are those that the codec makes. */
class ProtocolDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/upload-protocol.md");
    private static final Pattern EXAMPLE = Pattern.compile("```\n([A-Z_]+)\n([0-9a-f \n]+)\n```");

    @Test
    void showsTheBytesOfTheCodec() throws IOException {
        Map<String, UploadFrame> frames = Map.of(
                "PREAMBLE", new UploadFrame.Preamble(),
                "OPEN", new UploadFrame.Open(1, UploadFrame.Start.OPTIMISTIC, Frames.request("a/ü.txt", 3)),
                "DATA", new UploadFrame.Data(1, 0, 3, 0x364b3fb7),
                "COMMIT", new UploadFrame.Commit(1, 3, null),
                "ACK", new UploadFrame.Ack(1, 1, 3, 0, 3),
                "DONE",
                        new UploadFrame.Done(List.of(new UploadFrame.Result(
                                1, 0, UploadFrame.Result.DURABLE, 3, 0x364b3fb7, null, "a/ü.txt"))),
                "ERROR", UploadFrame.Failure.of(1, UploadError.EXISTS, "there is such a file"));
        String text = Files.readString(DOCUMENT);
        var examples = EXAMPLE.matcher(text);
        int found = 0;
        while (examples.find()) {
            String hex = examples.group(2).replaceAll("\\s", "");
            assertThat(HexFormat.of().formatHex(Frames.bytes(Objects.requireNonNull(frames.get(examples.group(1))))))
                    .as(examples.group(1))
                    .isEqualTo(hex);
            found++;
        }
        assertThat(found).isEqualTo(frames.size());
        long blocks = text.lines().filter(line -> line.startsWith("```")).count() / 2;
        assertThat(blocks).as("the simple protocol's is text").isEqualTo(found + 1);
    }

    @Test
    void listsEveryError() throws IOException {
        String text = Files.readString(DOCUMENT);
        for (UploadError error : UploadError.values()) {
            String retry =
                    switch (error.retry()) {
                        case NEVER -> "N";
                        case RESUME -> "R";
                        case NEW_KEY -> "S";
                    };
            assertThat(text).contains(error.code() + " " + error + " " + retry);
        }
    }
}
