package io.ntk.tcp.upload.client.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.ntk.tcp.upload.store.Octets;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunningDigestTest {
    private final byte[] content = new byte[1000];
    private final RunningDigest digest = new RunningDigest(content.length);

    RunningDigestTest() {
        new Random(1).nextBytes(content);
    }

    private ByteBuffer bytes(int from, int to) {
        return ByteBuffer.wrap(content, from, to - from);
    }

    @Test
    void isThatOfTheWhole() {
        ByteBuffer first = bytes(0, 400);
        digest.take(0, first);
        assertThat(first.remaining()).isEqualTo(400);
        assertThat(digest.whole()).isNotDone();
        digest.take(400, bytes(400, 1000));
        assertThat(digest.whole()).isCompletedWithValue(Octets.of(content).sha256());
    }

    @Test
    void passesOverWhatComesAgain() {
        digest.take(0, bytes(0, 400));
        digest.take(0, bytes(0, 400));
        digest.take(100, bytes(100, 300));
        digest.take(300, bytes(300, 500));
        digest.take(400, bytes(400, 1000));
        digest.take(900, bytes(900, 1000));
        assertThat(digest.whole()).isCompletedWithValue(Octets.of(content).sha256());
    }

    @Test
    void leavesNothingOut() {
        digest.take(0, bytes(0, 400));
        assertThatThrownBy(() -> digest.take(401, bytes(401, 1000))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void ofNothingIsDoneAtOnce() {
        assertThat(new RunningDigest(0).whole())
                .isCompletedWithValue(Octets.of().sha256());
    }

    @Test
    void takesWhatSegmentsAreReadOf(@TempDir Path folder) throws IOException {
        Path path = Files.write(folder.resolve("f"), content);
        SourceFile file = SourceFile.open(path);
        try {
            ByteBuffer scratch = ByteBuffer.allocateDirect(128);
            Segment.regions(file, 0, 512, 256, scratch, digest).release();
            Segment.regions(file, 0, 512, 256, scratch, digest).release(); // refused, and sent again
            assertThatThrownBy(
                            () -> Segment.read(file.channel(), 512, 512, 100, UnpooledByteBufAllocator.DEFAULT, digest))
                    .isInstanceOf(EOFException.class);
            Segment.read(file.channel(), 512, 488, 100, UnpooledByteBufAllocator.DEFAULT, digest)
                    .release();
        } finally {
            file.release();
        }
        assertThat(digest.whole()).isCompletedWithValue(Octets.of(content).sha256());
    }
}
