package io.ntk.tcp.upload.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.NetListener;
import io.ntk.core.UnhandledHandler;
import io.ntk.tcp.upload.Frames;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.UploadFrameEncoder;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.testsupport.LeakCheck;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A recorded conversation, changed and cut at random, while the server may end and the peer may take nothing, against the
 * whole of the server's handlers: whatever comes, what goes
 * out is whole frames, a broken connection ends with one ERROR, no raw byte's credit is given back twice, and nothing leaks.
 * By hand for longer, with another seed: {@code -Dntk.fuzz.seconds=600 -Dntk.fuzz.seed=7} (by default 3,000 rounds, about a
 * second).
 */
@ExtendWith(LeakCheck.class)
class UploadFuzzTest {
    private static final int ROUNDS = 3000;
    private static final int SEGMENT = 256 * 1024;
    private static final UploadLimits LIMITS = UploadLimits.DEFAULTS.withCredit(1 << 20, SEGMENT);

    /** The beginning, a file of two segments that is resumed, a refused one, small files, a folder, and signs of life. */
    private static byte[] conversation() {
        return Frames.joined(
                Frames.bytes(
                        new UploadFrame.Preamble(),
                        Frames.HELLO,
                        new UploadFrame.Open(1, UploadFrame.Start.OPTIMISTIC, Frames.request("a", 300)),
                        new UploadFrame.Data(1, 0, 300, 7)),
                new byte[300],
                Frames.bytes(
                        new UploadFrame.Put(3, Frames.request("b", 3), 0x364b3fb7, Frames.ABC),
                        new UploadFrame.Commit(1, 300, Frames.SHA256),
                        new UploadFrame.MakeFolder(5, new UploadFrame.Folder(0755, Instant.EPOCH, "d")),
                        new UploadFrame.Open(7, UploadFrame.Start.RESUME, Frames.request("c", 70)),
                        new UploadFrame.Data(7, 0, 70, 9)),
                new byte[70],
                Frames.bytes(
                        new UploadFrame.Abort(7, 1, 305, true),
                        new UploadFrame.Ping(4),
                        new UploadFrame.Open(9, UploadFrame.Start.NORMAL, Frames.request("e", 3)),
                        UploadFrame.Failure.of(9, UploadError.SOURCE_CHANGED, "gone"),
                        new UploadFrame.Pong(5)));
    }

    @Test
    void staysWholeWhateverComes() {
        long seed = Long.getLong("ntk.fuzz.seed", 20_261_121);
        long end = System.nanoTime() + 1_000_000_000L * Long.getLong("ntk.fuzz.seconds", 0);
        Random random = new Random(seed);
        byte[] recorded = conversation();
        for (int round = 0; round < ROUNDS || System.nanoTime() < end; round++) {
            String what = "seed %d, round %d".formatted(seed, round);
            exchange(mutated(recorded, random), random, what);
        }
    }

    /** Some bytes changed, and at times a piece doubled, dropped or moved. */
    private static byte[] mutated(byte[] recorded, Random random) {
        byte[] bytes = recorded.clone();
        for (int i = random.nextInt(4); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        if (random.nextInt(3) == 0) {
            int from = random.nextInt(bytes.length);
            int to = from + random.nextInt(bytes.length - from);
            int at = random.nextInt(bytes.length);
            byte[] piece = Arrays.copyOfRange(bytes, from, to);
            bytes = Frames.joined(Arrays.copyOf(bytes, at), piece, Arrays.copyOfRange(bytes, at, bytes.length));
        }
        return bytes;
    }

    private static void exchange(byte[] bytes, Random random, String what) {
        FakeStore store = new FakeStore();
        EmbeddedChannel channel = new EmbeddedChannel(
                new UploadFrameDecoder(UploadFrameDecoder.MAX_UNPROVEN_FRAME_BYTES),
                new UploadFrameEncoder(),
                new UploadServerHandler(store, LIMITS, null, NetListener.NONE),
                new UnhandledHandler());
        for (int from = 0; from < bytes.length && channel.isOpen(); ) {
            int count = Math.min(bytes.length - from, 1 + random.nextInt(400));
            channel.writeInbound(Unpooled.copiedBuffer(bytes, from, count));
            from += count;
            answer(store, random, false);
            channel.runPendingTasks();
            somethingElse(channel, random);
        }
        answer(store, random, true);
        channel.runPendingTasks();
        checkAnswers(channel, what);
        channel.finishAndReleaseAll();
    }

    /** At times the server ends, the peer has said all, or takes nothing for a while. */
    private static void somethingElse(EmbeddedChannel channel, Random random) {
        switch (random.nextInt(60)) {
            case 0 -> channel.pipeline().fireUserEventTriggered(ConnectionEvent.DRAIN);
            case 1 -> channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
            case 2 -> blocked(channel, true);
            default -> blocked(channel, false);
        }
        channel.runPendingTasks();
    }

    private static void blocked(EmbeddedChannel channel, boolean blocked) {
        var waiting = channel.unsafe().outboundBuffer();
        if (waiting != null) {
            waiting.setUserDefinedWritability(1, !blocked);
        }
    }

    /** Answers some of what the store was asked for, or all, in one way or another. */
    private static void answer(FakeStore store, Random random, boolean all) {
        for (FakeStore.FakeUpload upload : store.uploads) {
            if (all || random.nextBoolean()) {
                if (random.nextInt(3) == 0) {
                    upload.refuse(UploadError.EXISTS);
                } else {
                    upload.open();
                }
            }
            for (FakeStore.FakeSegment segment : upload.segments) {
                if (all || random.nextBoolean()) {
                    segment.written();
                    Upload.Verdict[] verdicts = Upload.Verdict.values();
                    segment.verdict().complete(verdicts[random.nextInt(verdicts.length)]);
                }
            }
            for (CompletableFuture<?> commit : List.copyOf(upload.commits)) {
                if (all || random.nextBoolean()) {
                    commit.completeExceptionally(new Upload.Missing(List.of(0L)));
                }
            }
        }
        List.copyOf(store.puts).forEach(put -> put.complete(FakeStore.receipt("b")));
    }

    private static void checkAnswers(EmbeddedChannel channel, String what) {
        EmbeddedChannel peer = new EmbeddedChannel(new UploadFrameDecoder(UploadFrameDecoder.MAX_FRAME_BYTES));
        int errors = 0;
        long credit = 0;
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            boolean text = out.isReadable() && out.getByte(out.readerIndex()) == 'e' && errors == 0;
            if (text && peer.inboundMessages().isEmpty()) {
                out.release(); // the words for who does not begin as this protocol does
                errors++;
            } else {
                peer.writeInbound(out);
            }
        }
        for (Object frame = peer.readInbound(); frame != null; frame = peer.readInbound()) {
            assertThat(frame).as(what).isInstanceOf(UploadFrame.class);
            if (frame instanceof UploadFrame.Failure failure && failure.stream() == UploadFrame.CONNECTION) {
                errors++;
            } else if (frame instanceof UploadFrame.Ack ack) {
                credit += ack.creditAdd();
            }
        }
        assertThat(errors).as(what).isLessThanOrEqualTo(1);
        assertThat(credit).as(what).isLessThanOrEqualTo(1 << 20);
        peer.finishAndReleaseAll();
    }
}
