package io.ntk.tcp.upload.store.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/** What tests of a store do again and again. */
final class StoreTesting {
    static final int SEGMENT = 256 * 1024;
    static final UploadStore.Caller NOBODY = new UploadStore.Caller("", null);
    static final Instant MODIFIED = Instant.ofEpochSecond(1_700_000_000);

    private StoreTesting() {}

    /** No free space is kept, so that small disks do. */
    static StoreOptions options(Path folder) {
        return StoreOptions.of(folder).withLimits(limits(10_000, 1000));
    }

    static StoreOptions.Limits limits(int unfinished, int ofOwner) {
        return new StoreOptions.Limits(unfinished, ofOwner, 128 << 20, 0, StoreOptions.Limits.DEFAULTS.reservation());
    }

    static Octets key(int n) {
        byte[] key = new byte[UploadRequest.KEY_BYTES];
        ByteBuffer.wrap(key).putInt(n);
        return Octets.of(key);
    }

    static UploadRequest request(int key, String path, long size, long epoch) {
        return request(key, path, size, epoch, OnExists.SERVER, Durability.BATCH);
    }

    static UploadRequest request(int key, String path, long size, long epoch, OnExists policy, Durability durability) {
        return new UploadRequest(key(key), size, SEGMENT, 0640, policy, durability, MODIFIED, epoch, path, null);
    }

    static byte[] content(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static int crc(byte[] bytes, int from, int count) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, from, count);
        return (int) sum.getValue();
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException why ? why : new CompletionException(e.getCause());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static void assertFails(UploadError error, CompletableFuture<?> future) {
        assertThatThrownBy(() -> get(future)).isInstanceOfSatisfying(UploadException.class, e -> assertThat(e.error())
                .isEqualTo(error));
    }

    static Upload open(UploadStore store, UploadRequest request) {
        return open(store, NOBODY, request);
    }

    static Upload open(UploadStore store, UploadStore.Caller caller, UploadRequest request) {
        return store.open(caller, request, UploadStore.Opening.NORMAL, 4 << 20, true);
    }

    static CompletableFuture<Upload.Verdict> send(Upload upload, byte[] bytes, int segment) {
        int from = segment * SEGMENT;
        int count = Math.min(SEGMENT, bytes.length - from);
        Upload.Segment into = upload.segment(from, count, crc(bytes, from, count));
        into.write(ByteBuffer.wrap(bytes, from, count / 2).slice(), () -> {});
        into.write(ByteBuffer.wrap(bytes, from + count / 2, count - count / 2).slice(), () -> {});
        return into.verdict();
    }

    /** All segments that the opening lacks, and the commit. */
    static CompletableFuture<Receipt> sendRest(Upload upload, byte[] bytes) {
        Upload.Snapshot snapshot = get(upload.opened());
        Receipt receipt = snapshot.receipt();
        if (receipt != null) {
            return CompletableFuture.completedFuture(receipt);
        }
        for (int s = 0; s * SEGMENT < bytes.length; s++) {
            if (!snapshot.verified().get(s)) {
                get(send(upload, bytes, s));
            }
        }
        return upload.commit(bytes.length, null);
    }

    static CompletableFuture<Receipt> put(UploadStore store, UploadRequest request, byte[] bytes) {
        return store.put(NOBODY, request, crc(bytes, 0, bytes.length), Octets.of(bytes));
    }
}
