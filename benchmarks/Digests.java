import java.security.MessageDigest;
import java.util.zip.CRC32C;

/** Prints what one core of this machine sums, in MiB a second: SHA-256 and CRC32C of a buffer that stays in the cache. */
final class Digests {
    private static final int BUFFER_BYTES = 1 << 18;
    private static final long NANOS = 500_000_000L;

    private Digests() {}

    private interface Sum {
        void of(byte[] bytes);
    }

    public static void main(String... args) throws Exception {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        CRC32C crc32c = new CRC32C();
        System.out.printf("%.0f %.0f%n", mebibytes(sha256::update), mebibytes(crc32c::update));
    }

    /** The best of five, the first of which are still being compiled. */
    private static double mebibytes(Sum sum) {
        byte[] bytes = new byte[BUFFER_BYTES];
        double best = 0;
        for (int i = 0; i < 5; i++) {
            long start = System.nanoTime();
            long count = 0;
            while (System.nanoTime() - start < NANOS) {
                sum.of(bytes);
                count++;
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            best = Math.max(best, count * BUFFER_BYTES / seconds / (1 << 20));
        }
        return best;
    }
}
