package io.ntk.tcp.upload.client.source;

import io.ntk.tcp.upload.store.Octets;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.CRC32C;

/**
 * Reads files a second time, on one thread of its own and out of the page cache as a rule: for the SHA-256 of those that
 * are not sent from their start, and to compare what the receiver has with what is here. Closing a file ends what is done with
 * it. May be asked on any thread.
 */
public final class Digests implements AutoCloseable {
    private static final int READ_BYTES = 256 * 1024;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "ntk-upload-digest");
        made.setDaemon(true);
        return made;
    });

    /** Makes one, whose thread begins with the first that is asked for. */
    public Digests() {}

    /**
     * A fresh SHA-256.
     *
     * @return one that nobody else has
     */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }

    /**
     * The digest of a whole file.
     *
     * @param file read at positions; not closed
     * @param size in bytes
     * @return its SHA-256; fails with an {@link EOFException} when the file is shorter, or with what reading failed with
     */
    public CompletableFuture<Octets> sha256(FileChannel file, long size) {
        return CompletableFuture.supplyAsync(
                () -> {
                    MessageDigest digest = sha256();
                    read(file, 0, size, digest::update);
                    return Octets.of(digest.digest());
                },
                thread);
    }

    /**
     * Whether some segments have these CRCs.
     *
     * @param file read at positions; not closed
     * @param size of the file, in bytes
     * @param segmentBytes of all segments but the last
     * @param segments which; a copy is taken
     * @param crcs of each of them, by its number; a copy is taken
     * @return whether all are as expected; fails as {@link #sha256(FileChannel, long)}
     */
    public CompletableFuture<Boolean> same(FileChannel file, long size, int segmentBytes, BitSet segments, int[] crcs) {
        BitSet which = (BitSet) segments.clone();
        int[] expected = crcs.clone();
        return CompletableFuture.supplyAsync(
                () -> {
                    for (int s = which.nextSetBit(0); s >= 0; s = which.nextSetBit(s + 1)) {
                        CRC32C crc = new CRC32C();
                        long from = (long) s * segmentBytes;
                        read(file, from, Math.min(size, from + segmentBytes), crc::update);
                        if ((int) crc.getValue() != expected[s]) {
                            return false;
                        }
                    }
                    return true;
                },
                thread);
    }

    /**
     * Does something else in the order of what is asked for.
     *
     * @param task what
     * @return done when it is done
     * @throws java.util.concurrent.RejectedExecutionException when this is closed
     */
    public CompletableFuture<Void> run(Runnable task) {
        return CompletableFuture.runAsync(task, thread);
    }

    private interface Bytes {
        void take(byte[] bytes, int from, int count);
    }

    private static void read(FileChannel file, long from, long end, Bytes to) {
        byte[] bytes = new byte[(int) Math.min(READ_BYTES, Math.max(1, end - from))];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            for (long at = from; at < end; ) {
                buffer.clear().limit((int) Math.min(end - at, bytes.length));
                int count = file.read(buffer, at);
                if (count < 0) {
                    throw new EOFException("the file is shorter than it was");
                }
                to.take(bytes, 0, count);
                at += count;
            }
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    /** Ends when what was asked for is done, which closing the files hastens. */
    @Override
    public void close() {
        thread.shutdown();
    }
}
