package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.core.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The password of a chat, as its server and its members are given it. Messages never show it. */
final class ChatPassword {
    private static final int MAX_BYTES = 1024;

    private ChatPassword() {}

    /**
     * The first line of a file; what follows it is not looked at.
     *
     * @throws IOException when the file cannot be read
     * @throws IllegalArgumentException when its first line is no password
     */
    static String of(Path file) throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(MAX_BYTES + 2); // a line end may follow
        } catch (IOException e) {
            throw new IOException("cannot read " + file + ": " + Reason.of(e), e);
        }
        return checked(
                file.toString(), new String(start, UTF_8).lines().findFirst().orElse(""));
    }

    /**
     * A password that came in another way.
     *
     * @param source where from, for the message
     * @throws IllegalArgumentException when it is none
     */
    static String checked(String source, String password) {
        boolean fits = password.getBytes(UTF_8).length <= MAX_BYTES;
        if (password.isEmpty() || !fits || password.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(source + ": no password (expected: one line of 1 to " + MAX_BYTES
                    + " bytes, no control characters)");
        }
        return password;
    }
}
