package io.ntk.tcp.upload.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.Frames;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What waits for the store, of all connections together. */
class BoundedStoreTest {
    private static final UploadStore.Caller CALLER = new UploadStore.Caller("", null);

    private final FakeStore asked = new FakeStore();
    private final UploadStore store = new BoundedStore(asked);
    private final AtomicInteger wentOn = new AtomicInteger();

    private CompletableFuture<Receipt> put() {
        return store.put(CALLER, Frames.request("f", 0), 0, Octets.of());
    }

    private Upload open() {
        return store.open(CALLER, Frames.request("f", 3), UploadStore.Opening.NORMAL, 1 << 20, false);
    }

    private static void assertTooMany(CompletableFuture<?> answer) {
        assertThat(answer)
                .failsWithin(java.time.Duration.ZERO)
                .withThrowableOfType(java.util.concurrent.ExecutionException.class)
                .havingCause()
                .isInstanceOfSatisfying(
                        UploadException.class, e -> assertThat(e.error()).isEqualTo(UploadError.TOO_MANY_UPLOADS));
    }

    @Test
    void isFullWhenAsMuchWaitsAndHasRoomAtHalfOfIt() {
        for (int n = 1; n < BoundedStore.FULL; n++) {
            put();
        }
        assertThat(store.isFull()).isFalse();
        open();
        assertThat(store.isFull()).isTrue();
        store.whenRoom(wentOn::incrementAndGet);
        asked.uploads.get(0).refuse(UploadError.EXISTS);
        assertThat(store.isFull()).isFalse();
        for (int n = 0; n < BoundedStore.FULL / 2 - 2; n++) {
            asked.puts.get(n).complete(FakeStore.receipt("f"));
        }
        assertThat(wentOn).hasValue(0);
        asked.puts.get(BoundedStore.FULL / 2 - 2).complete(FakeStore.receipt("f"));
        assertThat(wentOn).hasValue(1);
        store.whenRoom(wentOn::incrementAndGet);
        assertThat(wentOn).hasValue(2);
    }

    @Test
    void theBytesThatWaitCountAsWell() {
        asked.full = true;
        assertThat(store.isFull()).isTrue();
        store.whenRoom(wentOn::incrementAndGet);
        assertThat(wentOn).hasValue(0);
        asked.room();
        assertThat(store.isFull()).isFalse();
        assertThat(wentOn).hasValue(1);
    }

    @Test
    void refusesWhatIsBeyondTheMostOfAnyKind() {
        for (int n = 0; n < BoundedStore.MOST; n++) {
            assertThat(put()).isNotDone();
        }
        assertTooMany(put());
        assertTooMany(store.makeFolder("d", 0755, Instant.EPOCH));
        Upload refused = open();
        assertTooMany(refused.opened());
        AtomicInteger done = new AtomicInteger();
        refused.segment(0, 3, 0).write(ByteBuffer.allocate(3), done::incrementAndGet);
        assertThat(done).hasValue(1);
        assertTooMany(refused.commit(3, null));
        assertThat(asked.puts).hasSize(BoundedStore.MOST);
        assertThat(asked.uploads).isEmpty();

        asked.puts.get(0).complete(FakeStore.receipt("f"));
        assertThat(store.makeFolder("d", 0755, Instant.EPOCH)).isNotDone();
        assertTooMany(put());
    }
}
