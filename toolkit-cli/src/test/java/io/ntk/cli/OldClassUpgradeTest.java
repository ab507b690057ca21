package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.Opcodes;
import picocli.CommandLine;

class OldClassUpgradeTest {
    @Test
    void raisesClassesOfPicocli() throws IOException {
        var file = bytes(CommandLine.class);

        // When this fails, picocli has moved on, and the step can go.
        assertThat(OldClassUpgrade.majorVersion(file)).isLessThan(Opcodes.V1_6);
        assertThat(OldClassUpgrade.majorVersion(OldClassUpgrade.upgrade(file))).isEqualTo(Opcodes.V1_8);
    }

    @Test
    void leavesAllElseAlone() throws IOException {
        var ours = bytes(Main.class);
        var text = "no class".getBytes(StandardCharsets.UTF_8);

        assertThat(OldClassUpgrade.upgrade(ours)).isSameAs(ours);
        assertThat(OldClassUpgrade.upgrade(text)).isSameAs(text);
        assertThat(OldClassUpgrade.upgrade(new byte[0])).isEmpty();
    }

    private static byte[] bytes(Class<?> type) throws IOException {
        try (InputStream in = type.getResourceAsStream(type.getSimpleName() + ".class")) {
            assertThat(in).isNotNull();
            return in.readAllBytes();
        }
    }
}
