package io.ntk.tcp.upload.client.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.FileRegion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceFileTest {
    @TempDir
    private Path folder;

    private SourceFile file(int bytes) throws IOException {
        byte[] content = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            content[i] = (byte) (i * 31);
        }
        return SourceFile.open(Files.write(folder.resolve("source"), content));
    }

    @Test
    void isOpenAsLongAsARegionOfIt() throws IOException {
        SourceFile file = file(10);
        FileRegion first = file.region(0, 5);
        FileRegion second = file.region(5, 5);
        file.release();
        first.release();
        assertThat(file.channel().isOpen()).isTrue();
        second.release();
        assertThat(file.channel().isOpen()).isFalse();
    }

    @Test
    void sumsInAnyPiecesWhatRegionsWillSend() throws IOException {
        SourceFile file = file(1000);
        CRC32C expected = new CRC32C();
        expected.update(Files.readAllBytes(folder.resolve("source")), 100, 900);
        for (int scratch : new int[] {1, 7, 899, 900, 901}) {
            Segment segment = Segment.regions(file, 100, 900, 256, ByteBuffer.allocateDirect(scratch), null);
            assertThat(Integer.toUnsignedLong(segment.crc32c())).isEqualTo(expected.getValue());
            assertThat(segment.size()).isEqualTo(900);
            assertThat(segment.pieces()).extracting(Segment::bytes).containsExactly(256, 256, 256, 132);
            segment.release();
        }
        file.release();
        assertThat(file.channel().isOpen()).isFalse();
    }

    @Test
    void saysWhenTheFileIsShorterThanItWas() throws IOException {
        SourceFile file = file(1000);
        assertThatThrownBy(() -> Segment.regions(file, 100, 901, 256, ByteBuffer.allocateDirect(64), null))
                .isInstanceOf(EOFException.class);
        file.release();
        assertThat(file.channel().isOpen()).isFalse();
    }
}
