package io.ntk.udp.measure;

/**
 * Counts different sequence numbers in memory of a fixed size. Not thread-safe.
 *
 * <p>A number below the window cannot be told from a duplicate and is not counted: a duplicate must never stand in for
 * one that was lost. Numbers are compared by their distance, so that they may wrap.
 */
final class SequenceWindow {
    /*
     * A ring of bits, one for each of the last `size` numbers: bit (n mod size) says whether n was seen. When a number
     * above the highest comes, the bits between the two are cleared, for they belonged to numbers `size` below.
     */
    enum Verdict {
        /** Seen for the first time. */
        FIRST,
        /** Seen before. */
        DUPLICATE,
        /** Too far below the highest to tell. */
        TOO_OLD
    }

    private final long[] words;
    private final int size;
    private long highest;
    private long distinct;

    /**
     * Starts with no number seen.
     *
     * @param size how many numbers are remembered: a power of two, at least 64
     */
    SequenceWindow(int size) {
        this.size = size;
        this.words = new long[size / Long.SIZE];
    }

    Verdict add(long sequence) {
        long above = distinct == 0 ? 0 : sequence - highest;
        if (distinct == 0 || above > 0) {
            advance(above);
            highest = sequence;
        } else if (above <= -size) {
            return Verdict.TOO_OLD;
        }
        int word = (int) ((sequence & (size - 1)) >>> 6);
        long bit = 1L << sequence;
        if ((words[word] & bit) != 0) {
            return Verdict.DUPLICATE;
        }
        words[word] |= bit;
        distinct++;
        return Verdict.FIRST;
    }

    /** How many different numbers were seen. */
    long distinct() {
        return distinct;
    }

    /** The last 64 numbers: bit 0 for the highest, bit n for the one n below it. */
    long bitmap() {
        if (distinct == 0) {
            return 0;
        }
        int last = (int) (highest & (size - 1));
        int word = last >>> 6;
        int bits = (last & 63) + 1; // of the word that the highest is in
        long ascending = words[word] << (Long.SIZE - bits);
        if (bits < Long.SIZE) {
            ascending |= words[(word - 1) & (words.length - 1)] >>> bits;
        }
        return Long.reverse(ascending);
    }

    private void advance(long above) {
        if (above >= size || above < 0) {
            java.util.Arrays.fill(words, 0);
            return;
        }
        for (long n = highest + 1; n - highest <= above; n++) {
            words[(int) ((n & (size - 1)) >>> 6)] &= ~(1L << n);
        }
    }
}
