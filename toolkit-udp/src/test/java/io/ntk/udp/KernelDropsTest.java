package io.ntk.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelDropsTest {
    private static final String HEAD =
            "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref"
                    + " pointer drops             \n";

    @TempDir
    private Path folder;

    private static String row(int inode, long drops) {
        return " 1234: 0100007F:2329 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 " + inode
                + " 2 0000000000000000 " + drops + "         \n";
    }

    private Path table(String rows) throws IOException {
        return Files.writeString(folder.resolve("udp"), HEAD + rows);
    }

    @Test
    void sumsTheGrowthOfOurSocketsInBothTables() throws IOException {
        Path udp = table(row(1, 100) + row(2, 7) + row(3, 50));
        Path udp6 = Files.writeString(folder.resolve("udp6"), HEAD + row(4, 0));
        KernelDrops drops = KernelDrops.of(Set.of("1", "2", "4"), List.of(udp, udp6));
        assertThat(drops.now()).isEqualTo(OptionalLong.of(0));
        table(row(3, 5000) + row(2, 8) + row(1, 110));
        Files.writeString(udp6, HEAD + row(4, 1));
        assertThat(drops.now()).isEqualTo(OptionalLong.of(12));
    }

    @Test
    void isUnknownWithoutATableOrARow() throws IOException {
        assertThat(KernelDrops.of(Set.of("1"), List.of(folder.resolve("none"))).now())
                .isEmpty();
        assertThat(KernelDrops.of(Set.of("1", "2"), List.of(table(row(1, 5)))).now())
                .isEmpty();
        assertThat(KernelDrops.of(Set.of(), List.of(table(row(1, 5)))).now()).isEmpty();
        assertThat(KernelDrops.UNKNOWN.now()).isEmpty();
        assertThat(KernelDrops.UNKNOWN.recent()).isEmpty();
    }

    @Test
    void keepsWhatAClosedSocketHad() throws IOException {
        KernelDrops drops = KernelDrops.of(Set.of("1"), List.of(table(row(1, 5))));
        table(row(1, 9));
        assertThat(drops.now()).hasValue(4);
        table("");
        assertThat(drops.now()).hasValue(4);
    }

    @Test
    void countsPastTheEndOfTheKernelsCounter() throws IOException {
        KernelDrops drops = KernelDrops.of(Set.of("1"), List.of(table(row(1, 4_294_967_290L))));
        table(row(1, 4));
        assertThat(drops.now()).hasValue(10);
    }

    @Test
    void readsPastWhatIsNoRow() throws IOException {
        KernelDrops drops = KernelDrops.of(Set.of("1"), List.of(table("\nnonsense\n" + row(1, 5) + "1 2 3")));
        assertThat(drops.now()).hasValue(0);
    }
}
