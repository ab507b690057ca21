package io.ntk.tcp.upload.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** Bytes that do not change: a key, a digest, a nonce, the content of a small file. */
public final class Octets {
    private static final int SHOWN_BYTES = 64;

    private final byte[] bytes;

    private Octets(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Takes a copy.
     *
     * @param bytes any
     * @return the same bytes
     */
    public static Octets of(byte... bytes) {
        return new Octets(bytes.clone());
    }

    /**
     * Takes a copy.
     *
     * @param bytes whose remaining bytes are read
     * @return the same bytes
     */
    public static Octets of(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return new Octets(copy);
    }

    /**
     * Reads bytes from a file or a pipe.
     *
     * @param from read until enough has come, or it ends
     * @param count the most to read
     * @return so many bytes, fewer only where they were the last
     * @throws IOException when reading fails
     */
    public static Octets read(ReadableByteChannel from, int count) throws IOException {
        byte[] bytes = new byte[count];
        ByteBuffer into = ByteBuffer.wrap(bytes);
        while (into.hasRemaining() && from.read(into) >= 0) {
            // until it is full
        }
        return new Octets(into.hasRemaining() ? Arrays.copyOf(bytes, into.position()) : bytes);
    }

    /**
     * Reads hex digits.
     *
     * @param hex two digits a byte
     * @return the bytes
     */
    public static Octets parse(String hex) {
        return new Octets(HexFormat.of().parseHex(hex));
    }

    /**
     * How many they are.
     *
     * @return the number of bytes
     */
    public int size() {
        return bytes.length;
    }

    /**
     * A copy.
     *
     * @return a fresh array
     */
    public byte[] toArray() {
        return bytes.clone();
    }

    /**
     * The same bytes, without copying them.
     *
     * @return a fresh read-only buffer
     */
    public ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }

    /**
     * Their CRC32C.
     *
     * @return all 32 bits
     */
    public int crc32c() {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return (int) sum.getValue();
    }

    /**
     * Their SHA-256.
     *
     * @return 32 bytes
     */
    public Octets sha256() {
        try {
            return new Octets(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }

    /**
     * As hex digits, lower case, all of them.
     *
     * @return two digits a byte
     */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Octets octets && Arrays.equals(bytes, octets.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Hex digits; of long ones the beginning and the size. */
    @Override
    public String toString() {
        return bytes.length <= SHOWN_BYTES
                ? hex()
                : HexFormat.of().formatHex(bytes, 0, SHOWN_BYTES) + "… (" + bytes.length + " bytes)";
    }
}
