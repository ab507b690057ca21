package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.CloseCause;
import io.ntk.core.NetEvent;
import io.ntk.core.RefusalReason;
import io.ntk.tcp.line.LineEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EventTextTest {
    private static NetEvent.Closed closed(CloseCause cause) {
        return new NetEvent.Closed("tcp", "1", "127.0.0.1:50000", cause, 12, 2048, Duration.ofMillis(420));
    }

    @Test
    void tellsConnections() {
        assertThat(EventText.of(new NetEvent.Opened("tcp", "1", "127.0.0.1:50000", "127.0.0.1:9000")))
                .isEqualTo("tcp 127.0.0.1:50000 opened");
        assertThat(EventText.of(closed(CloseCause.PEER)))
                .isEqualTo("tcp 127.0.0.1:50000 closed by peer, 12 B in, 2.0 KiB out, 0.4 s");
        assertThat(EventText.of(new NetEvent.Refused("tcp", "10.0.0.1:1", RefusalReason.FULL)))
                .isEqualTo("tcp 10.0.0.1:1 refused: too many connections");
        assertThat(EventText.of(new NetEvent.Cut("tcp", List.of("a", "b"), 3)))
                .isEqualTo("tcp cut 3 connections: a, b, …");
        assertThat(EventText.of(new NetEvent.Failed("tcp", "cannot accept", "too many open files")))
                .isEqualTo("tcp cannot accept: too many open files");
    }

    @ParameterizedTest
    @EnumSource
    void hasWordsForEveryCause(CloseCause cause) {
        assertThat(EventText.of(closed(cause))).matches("tcp \\S+ closed (by|as|for) [^,]+, 12 B in, .*");
    }

    @Test
    void tellsTheCertificate() {
        var event = new NetEvent.Certificate("tcp", "CN=ntk", "AB:CD", Instant.parse("2026-12-21T00:00:00Z"));
        assertThat(EventText.of(event)).isEqualTo("tcp certificate CN=ntk until 2026-12-21, SHA-256 AB:CD");
    }

    @Test
    void escapesWhatPeersSend() {
        assertThat(EventText.of(new LineEvent.Request("tcp", "1", "p", "a\u001b[2Jb\u202e")))
                .isEqualTo("tcp p sent: a\\u001b[2Jb\\u202e");
    }

    @Test
    void requestsAreDetails() {
        assertThat(EventText.level(new LineEvent.Received("tcp", "1", "p", 3))).isEqualTo(EventText.Level.DETAIL);
        assertThat(EventText.level(closed(CloseCause.RESET))).isEqualTo(EventText.Level.ATTENTION);
        assertThat(EventText.level(closed(CloseCause.PEER))).isEqualTo(EventText.Level.END);
    }

    @ParameterizedTest
    @CsvSource({
        "0,0 B",
        "1023,1023 B",
        "1024,1.0 KiB",
        "1048524,1.0 MiB",
        "123456789,118 MiB",
        "9223372036854775807,8.0 EiB"
    })
    void roundsBytes(long count, String expected) {
        assertThat(EventText.bytes(count)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"PT0S,0.0 s", "PT59.9S,59.9 s", "PT61S,1 min 01 s", "PT3725S,1 h 02 min"})
    void roundsTimes(Duration time, String expected) {
        assertThat(EventText.time(time)).isEqualTo(expected);
    }
}
