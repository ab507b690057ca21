package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Programs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonWriterTest {
    @Test
    void writesEveryKindOfField() {
        JsonWriter json = new JsonWriter()
                .field("text", "a")
                .field("long", Long.MIN_VALUE)
                .field("double", 0.5)
                .field("boolean", true)
                .field("list", List.of("x", "y"))
                .field("none", List.of())
                .objects("objects", List.of(new JsonWriter(), new JsonWriter().field("k", 1)));
        assertThat(json)
                .hasToString("{\"text\":\"a\",\"long\":-9223372036854775808,\"double\":0.5,\"boolean\":true,"
                        + "\"list\":[\"x\",\"y\"],\"none\":[],\"objects\":[{},{\"k\":1}]}");
    }

    @Test
    void writesAnEmptyObject() {
        assertThat(new JsonWriter()).hasToString("{}");
    }

    @Test
    void staysOpenAfterItWasShown() {
        JsonWriter json = new JsonWriter().field("a", 1);
        assertThat(json).hasToString("{\"a\":1}");
        assertThat(json.field("b", 2)).hasToString("{\"a\":1,\"b\":2}");
    }

    @Test
    void separatesBehindTextThatEndsInABracket() {
        assertThat(new JsonWriter().field("a[", "{").field("b", List.of("[", "{", "")))
                .hasToString("{\"a[\":\"{\",\"b\":[\"[\",\"{\",\"\"]}");
    }

    @Test
    void hasNoWordForWhatIsNoNumber() {
        assertThat(new JsonWriter().field("a", Double.NaN).field("b", Double.POSITIVE_INFINITY))
                .hasToString("{\"a\":null,\"b\":null}");
    }

    @Test
    void staysOnOneHarmlessLine() {
        String hostile = "\u0000\u001f\n\r\t\u007f\u0085\u009b\u2028\u202e\"\\/\ud83d\ud83d\ude00\ufeff";
        assertThat(new JsonWriter().field(hostile, hostile).toString())
                .doesNotContainPattern("[\\p{Cntrl}\\u0085\\u2028\\u202e\\ufeff]")
                .contains(
                        "\\u0000\\u001f\\n\\r\\t\\u007f\\u0085\\u009b\\u2028\\u202e\\\"\\\\/\\ud83d\ud83d\ude00\\ufeff");
    }

    @Test
    void isReadByAStrictParser() {
        StringBuilder every = new StringBuilder();
        for (char c = 0; c < 0x500; c++) {
            every.append(c);
        }
        every.append("\u2028\u202e\ufffe\ud83d\ude00");
        String json = new JsonWriter()
                .field("every", every.toString())
                .field("small", Double.MIN_VALUE)
                .field("large", -Double.MAX_VALUE)
                .field("long", Long.MAX_VALUE)
                .toString();
        String program = """
                import json, sys
                def no(x): raise ValueError(x)
                d = json.loads(sys.stdin.buffer.read().decode('utf-8'), parse_constant=no)
                assert d['every'] == ''.join(map(chr, range(0x500))) + '\\u2028\\u202e\\ufffe\\U0001f600'
                assert d['long'] == 2**63 - 1 and d['small'] == 5e-324 and d['large'] < -1.7e308
                """;
        Programs.Result result = Programs.run(json.getBytes(StandardCharsets.UTF_8), "python3", "-c", program);
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
    }

    @Test
    void startsEveryEventAlike() {
        Instant time = Instant.parse("2026-01-02T03:04:05.678901Z");
        assertThat(Ndjson.line(new NetEvent.Failed("tcp", "w", "y"), time))
                .isEqualTo("{\"v\":1,\"time\":\"2026-01-02T03:04:05.678Z\",\"event\":\"failed\",\"service\":\"tcp\","
                        + "\"what\":\"w\",\"why\":\"y\"}");
        assertThat(Ndjson.line(new NetEvent.Listening("tcp", "a"), Instant.EPOCH))
                .startsWith("{\"v\":1,\"time\":\"1970-01-01T00:00:00.000Z\",\"event\":\"listening\"");
    }

    @Test
    void describesEveryEvent() {
        Instant time = Instant.EPOCH;
        assertThat(Ndjson.line(
                        new NetEvent.Closed("s", "i", "p", CloseCause.HANDSHAKE_TIMEOUT, 1, 2, Duration.ofMillis(1500)),
                        time))
                .endsWith("\"event\":\"closed\",\"service\":\"s\",\"id\":\"i\",\"peer\":\"p\","
                        + "\"cause\":\"handshake-timeout\",\"bytesIn\":1,\"bytesOut\":2,\"seconds\":1.5}");
        assertThat(Ndjson.line(new NetEvent.Opened("s", "i", "p", "l"), time))
                .endsWith("\"event\":\"opened\",\"service\":\"s\",\"id\":\"i\",\"peer\":\"p\",\"local\":\"l\"}");
        assertThat(Ndjson.line(new NetEvent.Refused("s", "p", RefusalReason.FULL), time))
                .endsWith(
                        "\"event\":\"refused\",\"service\":\"s\",\"peer\":\"p\",\"reason\":\"too many connections\"}");
        assertThat(Ndjson.line(new NetEvent.Cut("s", List.of("p", "q"), 2), time))
                .endsWith("\"event\":\"cut\",\"service\":\"s\",\"count\":2,\"peers\":[\"p\",\"q\"]}");
        assertThat(Ndjson.line(new NetEvent.Certificate("s", "CN=x", "AB:CD", Instant.EPOCH), time))
                .endsWith("\"event\":\"certificate\",\"service\":\"s\",\"subject\":\"CN=x\",\"sha256\":\"AB:CD\","
                        + "\"notAfter\":\"1970-01-01T00:00:00Z\"}");
    }
}
