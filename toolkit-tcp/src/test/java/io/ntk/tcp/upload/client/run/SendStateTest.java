package io.ntk.tcp.upload.client.run;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.Octets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SendStateTest {
    @TempDir
    private Path folder;

    private SendState open(String identity) throws IOException {
        return requireNonNull(SendState.open(folder.resolve("ntk"), identity));
    }

    private Path file() throws IOException {
        try (var files = Files.list(folder.resolve("ntk"))) {
            return files.findFirst().orElseThrow();
        }
    }

    @Test
    void remembersKeyAndEpoch() throws IOException {
        Octets key;
        try (SendState state = open("a")) {
            key = state.key();
            assertThat(state.epoch()).isZero();
            state.epoch(1);
            state.epoch(0xFFFF_FFFFL);
            state.verified(77);
        }
        try (SendState state = open("a");
                SendState other = open("b")) {
            assertThat(state.key()).isEqualTo(key).isNotEqualTo(other.key());
            assertThat(state.epoch()).isEqualTo(0xFFFF_FFFFL);
            assertThat(state.verified()).isEqualTo(77);
            assertThat(other.epoch()).isZero();
        }
    }

    @Test
    void isLockedWhileItIsOpen() throws IOException {
        try (SendState state = open("a")) {
            state.epoch(1);
            assertThat(SendState.open(folder.resolve("ntk"), "a")).isNull();
        }
        open("a").close();
    }

    @Test
    void aTornSlotLeavesTheOneBefore() throws IOException {
        try (SendState state = open("a")) {
            state.epoch(1);
            state.epoch(2);
        }
        byte[] whole = Files.readAllBytes(file());
        for (int i = 0; i < whole.length; i++) {
            byte[] spoiled = whole.clone();
            spoiled[i] ^= 0x10;
            Files.write(file(), spoiled);
            try (SendState state = open("a")) {
                assertThat(state.epoch()).as("byte " + i).isIn(2L, 1L);
            }
            Files.write(file(), whole);
        }
    }

    @Test
    void anyLengthIsBearable() throws IOException {
        try (SendState state = open("a")) {
            state.epoch(1);
            state.epoch(2);
        }
        Path file = file();
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            try (SendState state = open("a")) {
                assertThat(state.epoch()).isBetween(0L, 2L);
            }
        }
    }

    @Test
    void leavesNothingWhereThereIsNothingToRemember() throws IOException {
        try (SendState state = open("a")) {
            assertThat(state.epoch()).isZero();
            assertThat(folder.resolve("ntk")).isNotEmptyDirectory();
        }
        assertThat(folder.resolve("ntk")).isEmptyDirectory();
    }

    @Test
    void forgetsWhatIsDoneAndWhatIsOld() throws IOException {
        try (SendState state = open("a")) {
            state.epoch(1);
            state.delete();
        }
        assertThat(folder.resolve("ntk")).isEmptyDirectory();
        try (SendState state = open("b")) {
            state.epoch(1);
        }
        SendState.prune(folder.resolve("ntk"), Instant.now().plus(Duration.ofDays(6)));
        Files.setLastModifiedTime(file(), FileTime.from(Instant.now()));
        assertThat(folder.resolve("ntk")).isNotEmptyDirectory();
        SendState.prune(folder.resolve("ntk"), Instant.now().plus(Duration.ofDays(8)));
        assertThat(folder.resolve("ntk")).isEmptyDirectory();
    }
}
