package io.ntk.tcp.upload.store.files;

/**
 * The CRC32C of a whole from those of its parts.
 *
 * <p>Appending n zero bits to a message is a linear map of its CRC over GF(2): a matrix of 32 columns. Squaring the matrix
 * doubles n, so that any length takes as many steps as it has bits (the way of {@code crc32_combine} in zlib).
 */
final class Crc32cSum {
    private static final int POLYNOMIAL = 0x82F6_3B78;

    private int crc;
    private long lastLength = -1;
    private int[] lastMatrix = {};

    /** Appends a part. */
    void append(int partCrc, long partLength) {
        if (partLength == 0) {
            return;
        }
        if (partLength != lastLength) {
            lastMatrix = zeros(partLength);
            lastLength = partLength;
        }
        crc = times(lastMatrix, crc) ^ partCrc;
    }

    int value() {
        return crc;
    }

    private static int[] zeros(long bytes) {
        int[] one = new int[32]; // one zero bit
        one[0] = POLYNOMIAL;
        for (int i = 1; i < 32; i++) {
            one[i] = 1 << (i - 1);
        }
        int[] power = square(square(square(one))); // one zero byte
        int[] result = new int[32];
        for (int i = 0; i < 32; i++) {
            result[i] = 1 << i;
        }
        for (long left = bytes; left > 0; left >>= 1) {
            if ((left & 1) == 1) {
                result = product(power, result);
            }
            power = square(power);
        }
        return result;
    }

    private static int[] square(int[] matrix) {
        return product(matrix, matrix);
    }

    private static int[] product(int[] left, int[] right) {
        int[] product = new int[32];
        for (int i = 0; i < 32; i++) {
            product[i] = times(left, right[i]);
        }
        return product;
    }

    private static int times(int[] matrix, int vector) {
        int sum = 0;
        for (int bits = vector, i = 0; bits != 0; bits >>>= 1, i++) {
            if ((bits & 1) == 1) {
                sum ^= matrix[i];
            }
        }
        return sum;
    }
}
