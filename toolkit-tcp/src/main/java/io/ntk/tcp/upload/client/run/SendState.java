package io.ntk.tcp.upload.client.run;

import io.ntk.tcp.upload.store.Octets;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one unfinished upload: its key and how often it was opened. Locked while it is open.
 *
 * <p>The file has two slots of {@value #SLOT_BYTES} bytes, written in turn, so that a crash while writing leaves the other
 * one: {magic u32, version u32, key 16, epoch u32, verified u64, sequence u64, crc32c u32 of all before it}. The one with the
 * valid sum and the higher sequence counts. It is not synced: after a power cut at worst the upload begins anew, or the
 * receiver names the epoch.
 */
final class SendState implements Closeable {
    static final int SLOT_BYTES = 64;

    private static final int MAGIC = 0x4E_54_55_53;
    private static final int VERSION = 1;
    private static final int SUMMED_BYTES = 44;
    private static final int MAX_LOOKED_AT = 10_000;
    private static final Duration KEPT = Duration.ofDays(7);
    private static final String SUFFIX = ".upload";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final @Nullable Path path;
    private final @Nullable FileChannel channel;
    private Octets key = freshKey();
    private long epoch;
    private long verified;
    private long sequence;
    private boolean deleted;

    private SendState(@Nullable Path path, @Nullable FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** What is forgotten with the process. */
    static SendState inMemory() {
        return new SendState(null, null);
    }

    /**
     * Opens and locks.
     *
     * @param folder made when it is missing
     * @param identity what tells this upload from others
     * @return null when somebody else has it open
     */
    static @Nullable SendState open(Path folder, String identity) throws IOException {
        makeFolder(folder);
        Path path = folder.resolve(hash(identity).hex().substring(0, 40) + SUFFIX);
        FileChannel channel = FileChannel.open(
                path,
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        SendState state = null;
        try {
            if (channel.tryLock() != null) {
                SendState locked = new SendState(path, channel);
                locked.read(channel);
                state = locked;
            }
            return state;
        } catch (OverlappingFileLockException e) {
            return null; // by another run in this process
        } finally {
            if (state == null) {
                channel.close();
            }
        }
    }

    private static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** Deletes what no receiver remembers any more. */
    static void prune(Path folder, Instant now) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.limit(MAX_LOOKED_AT)
                    .filter(each -> each.toString().endsWith(SUFFIX))
                    .toList()) {
                FileTime changed = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS);
                if (changed.toInstant().isBefore(now.minus(KEPT))) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (NoSuchFileException e) {
            return; // another run was faster
        }
    }

    static Octets hash(String text) {
        return Octets.of(text.getBytes(StandardCharsets.UTF_8)).sha256();
    }

    static Octets freshKey() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return Octets.of(bytes);
    }

    Octets key() {
        return key;
    }

    /** How often the key was opened; 0 for an upload that is new. */
    long epoch() {
        return epoch;
    }

    /** What the receiver was last known to have. */
    long verified() {
        return verified;
    }

    /** Forgets the key for a fresh one. */
    void renew() throws IOException {
        key = freshKey();
        epoch = 0;
        verified = 0;
        write();
    }

    /** Remembers that the key is about to be opened. */
    void epoch(long next) throws IOException {
        epoch = next;
        write();
    }

    /** Remembers what the receiver has; written with the next epoch, or by {@link #close}. */
    void verified(long bytes) {
        verified = bytes;
    }

    /** Forgets the upload: it is done. */
    void delete() throws IOException {
        deleted = true;
        if (path != null) {
            Files.deleteIfExists(path);
        }
    }

    private void write() throws IOException {
        FileChannel file = channel;
        if (file == null) {
            return;
        }
        sequence++;
        byte[] content = new byte[SLOT_BYTES];
        ByteBuffer slot = ByteBuffer.wrap(content);
        slot.putInt(MAGIC).putInt(VERSION).put(key.toArray()).putInt((int) epoch);
        slot.putLong(verified).putLong(sequence);
        slot.putInt(sum(content)).position(SLOT_BYTES).flip();
        long at = sequence % 2 * SLOT_BYTES;
        while (slot.hasRemaining()) {
            at += file.write(slot, at);
        }
    }

    private void read(FileChannel file) throws IOException {
        for (int i = 0; i < 2; i++) {
            byte[] content = new byte[SLOT_BYTES];
            ByteBuffer slot = ByteBuffer.wrap(content);
            long at = (long) i * SLOT_BYTES;
            while (slot.hasRemaining()) {
                int count = file.read(slot, at + slot.position());
                if (count < 0) {
                    break;
                }
            }
            slot.clear();
            if (slot.getInt() == MAGIC && slot.getInt() == VERSION) {
                read(slot, sum(content));
            }
        }
    }

    private void read(ByteBuffer slot, int sum) {
        byte[] bytes = new byte[16];
        slot.get(bytes);
        long opened = slot.getInt() & 0xFFFF_FFFFL;
        long had = slot.getLong();
        long number = slot.getLong();
        if (slot.getInt() == sum && number > sequence) {
            key = Octets.of(bytes);
            epoch = opened;
            verified = had;
            sequence = number;
        }
    }

    private static int sum(byte[] slot) {
        CRC32C crc = new CRC32C();
        crc.update(slot, 0, SUMMED_BYTES);
        return (int) crc.getValue();
    }

    @Override
    public void close() throws IOException {
        if (channel == null || !channel.isOpen()) {
            return;
        }
        try (channel) {
            if (!deleted && epoch > 0) {
                write();
            } else if (!deleted) {
                delete(); // there is nothing to remember
            }
        }
    }
}
