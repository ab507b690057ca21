package io.ntk.cli;

import io.ntk.tcp.upload.UploadProof;
import io.ntk.tcp.upload.store.Octets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The shared key of {@code --token-file}: the file's content without one line end. */
final class TokenFile {
    private static final int MAX_BYTES = 64 * 1024;

    private TokenFile() {}

    /** Null for no file. */
    static @Nullable Octets read(@Nullable Path file) throws IOException {
        if (file == null) {
            return null;
        }
        byte[] bytes = InputFile.read(file, MAX_BYTES);
        int length = bytes.length;
        if (length > 0 && bytes[length - 1] == '\n') {
            length -= length > 1 && bytes[length - 2] == '\r' ? 2 : 1;
        }
        if (length < UploadProof.MIN_KEY_BYTES) {
            throw new IllegalArgumentException("--token-file: " + file + " has " + length
                    + " bytes (expected: a key of " + UploadProof.MIN_KEY_BYTES + " or more)");
        }
        return Octets.of(Arrays.copyOf(bytes, length));
    }
}
