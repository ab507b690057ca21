package io.ntk.tcp.upload.store.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What waits for the disk, of all connections together. */
class BacklogTest {
    private static final long MOST_BYTES = 1000;

    private final Backlog backlog = new Backlog(MOST_BYTES);
    private final AtomicInteger wentOn = new AtomicInteger();

    private void enter(int times) {
        for (int n = 0; n < times; n++) {
            backlog.enter();
        }
    }

    private void leave(int times) {
        for (int n = 0; n < times; n++) {
            backlog.leave();
        }
    }

    @Test
    void isFullWhenAsManyRequestsWaitAndHasRoomAtHalfOfThem() {
        enter(Backlog.FULL - 1);
        assertThat(backlog.isFull()).isFalse();
        enter(1);
        assertThat(backlog.isFull()).isTrue();
        backlog.whenRoom(wentOn::incrementAndGet);
        leave(1);
        assertThat(backlog.isFull()).isFalse();
        leave(Backlog.FULL / 2 - 2);
        assertThat(wentOn).hasValue(0);
        leave(1);
        assertThat(wentOn).hasValue(1);
        backlog.whenRoom(wentOn::incrementAndGet);
        assertThat(wentOn).hasValue(2);
        leave(Backlog.FULL / 2);
        assertThat(wentOn).hasValue(2);
        assertThat(backlog.requests()).isZero();
    }

    @Test
    void isFullWhenAsManyBytesWaitAndHasRoomAtHalfOfThem() {
        backlog.add(MOST_BYTES - 1);
        assertThat(backlog.isFull()).isFalse();
        backlog.add(1);
        assertThat(backlog.isFull()).isTrue();
        backlog.whenRoom(wentOn::incrementAndGet);
        backlog.remove(MOST_BYTES / 2 - 1);
        assertThat(backlog.isFull()).isFalse();
        assertThat(wentOn).hasValue(0);
        backlog.remove(1);
        assertThat(wentOn).hasValue(1);
        backlog.remove(MOST_BYTES / 2);
        assertThat(wentOn).hasValue(1);
        assertThat(backlog.bytes()).isZero();
    }

    @Test
    void hasRoomOnlyWhereBytesAndRequestsHaveIt() {
        enter(Backlog.FULL);
        backlog.add(MOST_BYTES);
        backlog.whenRoom(wentOn::incrementAndGet);
        backlog.remove(MOST_BYTES);
        assertThat(backlog.isFull()).isTrue();
        assertThat(wentOn).hasValue(0);
        backlog.add(MOST_BYTES);
        leave(Backlog.FULL);
        assertThat(backlog.isFull()).isTrue();
        assertThat(wentOn).hasValue(0);
        backlog.remove(MOST_BYTES);
        assertThat(backlog.isFull()).isFalse();
        assertThat(wentOn).hasValue(1);
    }

    @Test
    void oneThatFailsWhenThereIsRoomKeepsNobodyElseFromIt() {
        backlog.add(MOST_BYTES);
        enter(1);
        for (int n = 0; n < 2; n++) {
            backlog.whenRoom(() -> {
                throw new IllegalStateException("a fault of its own");
            });
            backlog.whenRoom(wentOn::incrementAndGet);
        }
        backlog.remove(MOST_BYTES);
        assertThat(wentOn).hasValue(2);
        backlog.leave();
        assertThat(backlog.bytes() + backlog.requests()).isZero();
    }

    @Test
    void refusesTheRequestBeyondTheMostAndTakesItAgainWhenOneHasLeft() {
        enter(Backlog.MOST);
        for (int n = 0; n < 2; n++) {
            assertThatThrownBy(backlog::enter).isInstanceOfSatisfying(UploadException.class, e -> assertThat(e.error())
                    .isEqualTo(UploadError.TOO_MANY_UPLOADS));
        }
        assertThat(backlog.requests()).isEqualTo(Backlog.MOST);
        backlog.leave();
        backlog.enter();
        assertThatThrownBy(backlog::enter).isInstanceOf(UploadException.class);
    }
}
