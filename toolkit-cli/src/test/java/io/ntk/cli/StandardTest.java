package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StandardTest {
    private static Environment with(Set<Standard> terminals, Map<String, String> variables) {
        var nowhere = new ByteArrayOutputStream();
        return new Environment(InputStream.nullInputStream(), nowhere, nowhere, terminals, variables);
    }

    @Test
    void knowsTerminalsByTheirDevice() {
        assertThat(Standard.isTerminal("/dev/pts/3")).isTrue();
        assertThat(Standard.isTerminal("/dev/tty1")).isTrue();
        assertThat(Standard.isTerminal("/dev/null")).isFalse();
        assertThat(Standard.isTerminal("pipe:[12]")).isFalse();
    }

    @Test
    void judgesEachStreamByItself() {
        Environment terminal = with(Set.of(Standard.ERR), Map.of());
        assertThat(Color.AUTO.on(Standard.ERR, terminal)).isTrue();
        assertThat(Color.AUTO.on(Standard.OUT, terminal)).isFalse();
        assertThat(Color.ALWAYS.on(Standard.OUT, terminal)).isTrue();
        assertThat(Color.NEVER.on(Standard.ERR, terminal)).isFalse();
    }

    @Test
    void honoursNoColor() {
        assertThat(Color.AUTO.on(Standard.ERR, with(Set.of(Standard.ERR), Map.of("NO_COLOR", "1"))))
                .isFalse();
        assertThat(Color.AUTO.on(Standard.ERR, with(Set.of(Standard.ERR), Map.of("NO_COLOR", ""))))
                .isTrue();
        assertThat(Color.AUTO.on(Standard.ERR, with(Set.of(Standard.ERR), Map.of("TERM", "dumb"))))
                .isFalse();
    }
}
