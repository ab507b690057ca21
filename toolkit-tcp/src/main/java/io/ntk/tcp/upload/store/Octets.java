package io.ntk.tcp.upload.store;

import java.util.Arrays;
import java.util.HexFormat;

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
