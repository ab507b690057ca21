package io.ntk.tcp.line;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class SinkWriterTest {
    private final CountDownLatch letGo = new CountDownLatch(1);
    private final SinkWriter writer = new SinkWriter(new Stuck());
    private final EmbeddedChannel channel = new EmbeddedChannel(writer);

    @AfterEach
    void nothingIsLeftBehind() throws Exception {
        letGo.countDown();
        assertThat(channel.finish()).isFalse();
        writer.written().get(30, TimeUnit.SECONDS);
    }

    @Test
    void stopsReadingWhenManySmallPiecesWait() {
        int pieces = 0;
        while (channel.config().isAutoRead()) {
            channel.writeInbound(Unpooled.buffer().writeByte('x'));
            pieces++;
        }
        assertThat(pieces).isLessThan(4096);
        letGo.countDown();
        Await.until("reading goes on", () -> {
            channel.runPendingTasks();
            return channel.config().isAutoRead();
        });
    }

    /** A sink that takes nothing before it is let go. */
    private final class Stuck implements WritableByteChannel {
        @Override
        public int write(ByteBuffer bytes) {
            try {
                letGo.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            int size = bytes.remaining();
            bytes.position(bytes.limit());
            return size;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
