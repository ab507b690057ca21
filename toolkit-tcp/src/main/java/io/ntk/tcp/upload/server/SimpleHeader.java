package io.ntk.tcp.upload.server;

import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * What the simple protocol says of a file: {@code NAME|SIZE}.
 *
 * @param path the name, which may have bars in it; hostile
 * @param size how many bytes follow, 0 or more
 */
record SimpleHeader(String path, long size) {
    /** The most digits of a size. */
    static final int MAX_DIGITS = 19;

    private static final int MAX_NAME_BYTES = 4096;

    /** The most bytes: a name, a bar, digits, and the CR of a line end. */
    static final int MAX_BYTES = MAX_NAME_BYTES + 1 + MAX_DIGITS + 1;

    /**
     * Reads a header.
     *
     * @param header without its line end
     * @throws UploadException when it is none (100), or its size is more than there is (202)
     */
    static SimpleHeader parse(byte[] header) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(header))
                    .toString();
        } catch (CharacterCodingException e) {
            throw bad("a header that is not UTF-8");
        }
        int bar = text.lastIndexOf('|');
        String digits = text.substring(bar + 1);
        if (bar < 0 || digits.isEmpty() || digits.length() > MAX_DIGITS || !isNumber(digits)) {
            throw bad("a header that is not NAME|SIZE");
        }
        try {
            return new SimpleHeader(text.substring(0, bar), Long.parseLong(digits));
        } catch (NumberFormatException e) {
            throw new UploadException(UploadError.TOO_LARGE, "a size of more than 2^63 bytes");
        }
    }

    private static boolean isNumber(String digits) {
        return digits.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** The fault of who sent a header that is none. */
    static UploadException bad(String why) {
        return new UploadException(UploadError.PROTOCOL, why);
    }
}
