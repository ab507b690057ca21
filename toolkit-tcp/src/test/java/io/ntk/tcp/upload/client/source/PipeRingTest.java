package io.ntk.tcp.upload.client.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With the reading thread as it is, and a source that does as it is told. */
@ExtendWith(LeakCheck.class)
class PipeRingTest {
    private static final int SEGMENT = 256 * 1024;
    private static final ByteBufAllocator ALLOC = PooledByteBufAllocator.DEFAULT;

    private final Digests digests = new Digests();
    private final AtomicInteger news = new AtomicInteger();
    private @Nullable Thread reader;

    /** So many bytes, each the low byte of its offset, and then what {@link #end} does. */
    private class Source implements ReadableByteChannel {
        private final long size;
        private final AtomicLong read = new AtomicLong();

        Source(long size) {
            this.size = size;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            reader = Thread.currentThread();
            long at = read.get();
            if (at == size) {
                return end();
            }
            int count = (int) Math.min(size - at, into.remaining());
            for (int i = 0; i < count; i++) {
                into.put((byte) (at + i));
            }
            read.addAndGet(count);
            return count;
        }

        int end() throws IOException {
            return -1;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            throw new IllegalStateException("it is the caller's");
        }
    }

    private PipeRing ring(ReadableByteChannel source, int segmentBytes) {
        return new PipeRing(source, segmentBytes, ALLOC, digests, news::incrementAndGet);
    }

    /** Until the reader waits for room, and not for the digest, which is a segment behind at most. */
    private void awaitBlocked() {
        Await.until("the reader waits for room", () -> {
            Thread thread = reader;
            if (thread == null || thread.getState() != Thread.State.WAITING) {
                return false;
            }
            for (StackTraceElement each : thread.getStackTrace()) {
                if (each.getClassName().endsWith("Semaphore")) {
                    return true;
                }
            }
            return false;
        });
    }

    private void awaitEndOfReader() {
        Await.until("the end of the reader", () -> {
            Thread thread = reader;
            return thread != null && !thread.isAlive();
        });
    }

    @AfterEach
    void nothingIsLeft() {
        if (reader != null) {
            awaitEndOfReader();
        }
        digests.close();
    }

    @ParameterizedTest
    @CsvSource({"4194304, 67108864", "33554432, 67108864"})
    void readsNoFurtherThanThereIsRoom(int segment, int bound) {
        Source source = new Source(2L * bound);
        try (PipeRing ring = ring(source, segment)) {
            Await.until("a full ring", () -> ring.arrived() == bound / segment);
            awaitBlocked();
            assertThat(source.read.get()).isEqualTo(bound);
            assertThat(ring.isEnded()).isFalse();

            ring.free(1);
            Await.until("one more", () -> ring.arrived() == bound / segment + 1);
            awaitBlocked();
            assertThat(source.read.get()).isEqualTo(bound + segment);
            assertThat(ring.freed()).isEqualTo(1);
            assertThat(ring.segment(0)).isNull();
            assertThat(ring.segment(1)).isNotNull();
        }
    }

    @Test
    void whatFitsIsReadToItsEnd() {
        int segment = 4 << 20;
        Source source = new Source(PipeRing.RING_BYTES - 1);
        try (PipeRing ring = ring(source, segment)) {
            Await.until("the end", ring::isEnded);
            assertThat(ring.arrived()).isEqualTo(PipeRing.RING_BYTES / segment);
        }
    }

    @Test
    void theEndBehindAFullRingIsReadOnceThereIsRoom() {
        int segment = 32 << 20;
        Source source = new Source(PipeRing.RING_BYTES);
        try (PipeRing ring = ring(source, segment)) {
            awaitBlocked();
            assertThat(ring.isEnded()).isFalse();
            ring.free(1);
            Await.until("the end", ring::isEnded);
            assertThat(ring.bytes()).isEqualTo(PipeRing.RING_BYTES);
            assertThat(ring.arrived()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "262143, 1", "262144, 1", "262145, 2", "600000, 3"})
    void readsToTheEnd(int size, int segments) throws Exception {
        try (PipeRing ring = ring(new Source(size), SEGMENT)) {
            Octets digest = ring.digested().get(10, TimeUnit.SECONDS);
            assertThat(ring.isEnded()).isTrue();
            assertThat(ring.arrived()).isEqualTo(segments);
            assertThat(ring.bytes()).isEqualTo(size);
            MessageDigest expected = Digests.sha256();
            for (int i = 0; i < size; i++) {
                expected.update((byte) i);
            }
            assertThat(digest).isEqualTo(Octets.of(expected.digest()));
            awaitEndOfReader();
            assertThat(news.get()).as("told of each segment and of the end").isGreaterThanOrEqualTo(segments + 1);
        }
    }

    @Test
    void freesInOrderAndNoMoreThanThereIs() {
        try (PipeRing ring = ring(new Source(3 * SEGMENT + 5), SEGMENT)) {
            Await.until("the end", ring::isEnded);
            ring.free(2);
            ring.free(1);
            assertThat(ring.freed()).isEqualTo(2);
            ring.free(Integer.MAX_VALUE);
            assertThat(ring.freed()).isEqualTo(4);
        }
    }

    @Test
    void readsAsManySegmentsAsAFileMayHave() throws Exception {
        int most = UploadFrame.Data.MAX_SEGMENTS;
        try (PipeRing ring = new PipeRing(new Source(most), 1, ALLOC, null, news::incrementAndGet)) {
            ring.digested().get(30, TimeUnit.SECONDS);
            assertThat(ring.arrived()).isEqualTo(most);
            assertThat(ring.isEnded()).isTrue();
            assertThat(ring.failure()).isNull();
        }
        try (PipeRing ring = new PipeRing(new Source(most + 1), 1, ALLOC, null, news::incrementAndGet)) {
            Await.until("the failure", () -> ring.failure() != null);
            assertThat(ring.failure())
                    .hasMessage("a pipe may have 65536 segments of 1 bytes; with larger ones it may be longer");
            assertThat(ring.isEnded()).isFalse();
            assertThat(ring.arrived()).isEqualTo(most);
        }
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "262144", "300000"})
    void aFailureOfTheSourceIsTold(int after) {
        PipeRing ring = ring(
                new Source(after) {
                    @Override
                    int end() throws IOException {
                        throw new IOException("the tape is torn");
                    }
                },
                SEGMENT);
        try (ring) {
            Await.until("the failure", () -> ring.failure() != null);
            assertThat(ring.failure()).hasMessage("the tape is torn");
            assertThat(ring.isEnded()).isFalse();
            assertThat(ring.arrived()).isEqualTo(after / SEGMENT);
            assertThatThrownBy(() -> ring.digested().join()).hasMessageContaining("the tape is torn");
        }
    }

    @Test
    void aSourceThatThrowsWhatItMayNotIsTold() {
        PipeRing ring = ring(
                new Source(10) {
                    @Override
                    int end() {
                        throw new IllegalArgumentException("a fault of its own");
                    }
                },
                SEGMENT);
        try (ring) {
            Await.until("the failure", () -> ring.failure() != null);
            assertThat(ring.failure()).hasMessageContaining("a fault of its own");
        }
    }

    @Test
    void closingEndsAReaderThatWaitsForRoom() {
        Source source = new Source(1L << 40);
        PipeRing ring = ring(source, 32 << 20);
        awaitBlocked();
        ring.close();
        awaitEndOfReader();
        assertThat(source.read.get()).as("nothing more is read").isEqualTo(PipeRing.RING_BYTES);
        assertThat(ring.segment(0)).isNull();
        ring.close();
    }

    @Test
    void whatArrivesBehindTheEndOfTheRunIsReleased() {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch reading = new CountDownLatch(1);
        PipeRing ring = ring(
                new Source(SEGMENT + 100) {
                    @Override
                    int end() {
                        reading.countDown();
                        Await.until("the close", () -> go.getCount() == 0);
                        return -1;
                    }
                },
                SEGMENT);
        Await.until("a read that waits", () -> reading.getCount() == 0);
        ring.close();
        digests.close(); // the digest takes nothing more
        go.countDown();
        awaitEndOfReader();
        assertThat(ring.arrived()).isEqualTo(1);
    }
}
