package io.ntk.cli;

import io.ntk.core.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that is read as a whole. */
final class InputFile {
    private InputFile() {}

    /**
     * Reads it.
     *
     * @throws IOException when it cannot be read or is longer; the message names it and says why
     */
    static byte[] read(Path path, int maxBytes) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(maxBytes + 1);
        } catch (IOException e) {
            throw new IOException("cannot read " + path + ": " + Reason.of(e), e);
        }
        if (bytes.length > maxBytes) {
            throw new IOException("cannot read " + path + ": longer than " + EventText.bytes(maxBytes));
        }
        return bytes;
    }
}
