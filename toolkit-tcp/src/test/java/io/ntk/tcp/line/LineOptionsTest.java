package io.ntk.tcp.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.ntk.core.ListenOptions;
import io.ntk.core.Protocol;
import org.junit.jupiter.api.Test;

class LineOptionsTest {
    @Test
    void listensOnLoopbackByDefault() {
        assertThat(LineOptions.DEFAULTS.listen().endpoints()).hasToString("[127.0.0.1:9000]");
    }

    @Test
    void acceptsTheBoundsAndNothingBeyond() {
        LineOptions options = LineOptions.DEFAULTS;
        assertThat(options.withMaxLineBytes(1).withMaxLineBytes(LineOptions.MAX_LINE_BYTES))
                .isNotEqualTo(options);
        assertThat(options.withWorkers(1024).withWorkers(0)).isEqualTo(options);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.withMaxLineBytes(0))
                .withMessage("maxLineBytes: 0 (expected: 1 to 16777216)");
        assertThatIllegalArgumentException().isThrownBy(() -> options.withMaxLineBytes(LineOptions.MAX_LINE_BYTES + 1));
        assertThatIllegalArgumentException().isThrownBy(() -> options.withWorkers(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> options.withWorkers(1025));
        assertThatIllegalArgumentException().isThrownBy(() -> options.withQuit(""));
        assertThatIllegalArgumentException().isThrownBy(() -> options.withQuit(" quit"));
        assertThatIllegalArgumentException().isThrownBy(() -> options.withQuit("a\nb"));
    }

    @Test
    void copiesWithOneThingChanged() {
        LineOptions options = LineOptions.DEFAULTS
                .withListen(ListenOptions.loopback(1))
                .withFraming(Framing.CHUNK)
                .withGreeting("hi")
                .withQuit("q")
                .withAccept(Protocol.Accept.ONE);
        assertThat(options)
                .isEqualTo(new LineOptions(
                        ListenOptions.loopback(1), 8192, Framing.CHUNK, 0, "hi", "q", Protocol.Accept.ONE));
    }
}
