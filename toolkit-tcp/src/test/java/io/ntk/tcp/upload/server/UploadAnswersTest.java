package io.ntk.tcp.upload.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.tcp.upload.Frames;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a server with a real store says, frame by frame. */
@ExtendWith(LeakCheck.class)
class UploadAnswersTest {
    private static final int SEGMENT = 256 * 1024;

    @TempDir
    private Path folder;

    private Server serve(StoreOptions store) {
        UploadOptions base = UploadOptions.of(folder);
        return UploadServer.start(
                base.withListen(ListenOptions.loopback(0)
                                .withLimits(base.listen().limits().withDrain(Duration.ZERO)))
                        .withStore(store.withLimits(
                                new StoreOptions.Limits(100, 100, 32 << 20, 0, Duration.ofMinutes(10)))),
                NetListener.NONE);
    }

    private Server serve() {
        return serve(StoreOptions.of(folder));
    }

    /** A client that has shaken hands, and says what the test says. */
    private static final class Talk implements Closeable {
        private final Socket socket;
        private final DataInputStream in;
        private final EmbeddedChannel decoder =
                new EmbeddedChannel(new UploadFrameDecoder(UploadFrameDecoder.MAX_FRAME_BYTES));

        Talk(Server server) throws IOException {
            int port = ((Endpoint.Inet) server.endpoints().get(0)).port();
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(30_000);
            in = new DataInputStream(socket.getInputStream());
            say(new UploadFrame.Preamble(), Frames.HELLO);
            decoder.writeInbound(Unpooled.wrappedBuffer(in.readNBytes(8)));
            decoder.readInbound();
            next(UploadFrame.HelloAck.class);
        }

        void say(UploadFrame... frames) throws IOException {
            socket.getOutputStream().write(Frames.bytes(frames));
        }

        /** A segment of zeros. */
        void send(long stream, long offset, int bytes) throws IOException {
            byte[] zeros = new byte[bytes];
            say(new UploadFrame.Data(stream, offset, bytes, Octets.of(zeros).crc32c()));
            socket.getOutputStream().write(zeros);
        }

        /** The next frame that is about more than credit and life. */
        <T extends UploadFrame> T next(Class<T> kind) throws IOException {
            UploadFrame frame;
            do {
                byte[] length = in.readNBytes(4);
                decoder.writeInbound(Unpooled.wrappedBuffer(
                        length, in.readNBytes(ByteBuffer.wrap(length).getInt())));
                frame = decoder.readInbound();
            } while (frame instanceof UploadFrame.Ping || (frame instanceof UploadFrame.Ack && frame.stream() == 0));
            return kind.cast(frame);
        }

        @Override
        public void close() throws IOException {
            socket.close();
            decoder.finish();
        }
    }

    private static Octets key(int n) {
        return Octets.of(Arrays.copyOf(new byte[] {(byte) n}, 16));
    }

    private static UploadFrame.Open open(long stream, UploadFrame.Start start, String path, long size) {
        return new UploadFrame.Open(
                stream,
                start,
                new UploadRequest(
                        key((int) stream),
                        size,
                        SEGMENT,
                        0640,
                        OnExists.SERVER,
                        Durability.NONE,
                        Instant.EPOCH,
                        1,
                        path,
                        null));
    }

    private List<String> own() {
        try (var files = Files.list(folder.resolve(".ntup"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatNobodyKnowsIsNotResumedButBegunAnew() throws Exception {
        try (Server server = serve();
                Talk talk = new Talk(server)) {
            talk.say(open(1, UploadFrame.Start.RESUME, "f", 3));
            UploadFrame.Failure failure = talk.next(UploadFrame.Failure.class);
            assertThat(failure.stream()).isOne();
            assertThat(failure.code()).isEqualTo(UploadError.UNKNOWN_OR_EXPIRED.code());
            assertThat(failure.retry()).isEqualTo(UploadError.Retry.NEW_KEY);
            assertThat(own()).containsExactly("lock");
            talk.say(open(3, UploadFrame.Start.NORMAL, "f", 3));
            assertThat(talk.next(UploadFrame.Opened.class).state()).isEqualTo(UploadFrame.State.NEW);
        }
    }

    @Test
    void aConnectionLeavesWhatHasAVerifiedSegmentAndNothingElse() throws Exception {
        try (Server server = serve()) {
            try (Talk talk = new Talk(server)) {
                talk.say(open(1, UploadFrame.Start.NORMAL, "verified", 2 * SEGMENT));
                talk.next(UploadFrame.Opened.class);
                talk.send(1, 0, SEGMENT);
                assertThat(talk.next(UploadFrame.Ack.class).contiguous()).isEqualTo(SEGMENT);
                talk.say(open(3, UploadFrame.Start.NORMAL, "empty", 2 * SEGMENT));
                talk.next(UploadFrame.Opened.class);
                talk.say(new UploadFrame.Data(3, 0, SEGMENT, 0)); // whose bytes never come
                assertThat(own()).hasSize(5);
            }
            String left = key(1).hex();
            Await.until("it is gone", () -> own().equals(List.of(left + ".log", left + ".part", "lock")));
            try (Talk talk = new Talk(server)) {
                talk.say(open(3, UploadFrame.Start.RESUME, "empty", 2 * SEGMENT));
                assertThat(talk.next(UploadFrame.Failure.class).code())
                        .isEqualTo(UploadError.UNKNOWN_OR_EXPIRED.code());
            }
        }
    }

    @Test
    void aCommitThatLacksSegmentsNamesTheFirstAndTheFileGoesOn() throws Exception {
        long size = 1025L * SEGMENT;
        try (Server server = serve();
                Talk talk = new Talk(server)) {
            talk.say(open(1, UploadFrame.Start.NORMAL, "f", size));
            talk.next(UploadFrame.Opened.class);
            for (int first = 0; first < 2; first++) { // 1,025 are missing, and then 1,024
                talk.say(new UploadFrame.Commit(1, size, null));
                assertThat(talk.next(UploadFrame.Nak.class).segments())
                        .containsExactlyElementsOf(LongStream.range(first, first + 1024)
                                .mapToObj(segment -> new UploadFrame.Refused(segment, UploadError.INCOMPLETE.code()))
                                .toList());
                UploadFrame.Failure failure = talk.next(UploadFrame.Failure.class);
                assertThat(failure.stream()).isOne();
                assertThat(failure.code()).isEqualTo(UploadError.INCOMPLETE.code());
                assertThat(failure.retry()).isEqualTo(UploadError.Retry.RESUME);
                talk.send(1, (long) first * SEGMENT, SEGMENT);
                assertThat(talk.next(UploadFrame.Ack.class).contiguous()).isEqualTo((first + 1L) * SEGMENT);
            }
        }
    }

    /** All of it is sent without waiting for anything, and ends with the ERROR alone. */
    @Test
    void aPipeThatGrowsOverTheLimitIsRefusedForGood() throws Exception {
        StoreOptions small = StoreOptions.of(folder).withSizes(SEGMENT + 5, 1 << 30);
        try (Server server = serve(small);
                Talk talk = new Talk(server)) {
            talk.say(open(1, UploadFrame.Start.OPTIMISTIC, "f", UploadRequest.UNKNOWN_SIZE));
            talk.send(1, 0, SEGMENT);
            talk.send(1, SEGMENT, 6);
            talk.say(new UploadFrame.Commit(1, SEGMENT + 6, null));
            talk.next(UploadFrame.Opened.class);
            talk.next(UploadFrame.Ack.class);
            UploadFrame.Failure failure = talk.next(UploadFrame.Failure.class);
            assertThat(failure.code()).isEqualTo(UploadError.TOO_LARGE.code());
            assertThat(failure.retry()).isEqualTo(UploadError.Retry.NEVER);
            talk.say(new UploadFrame.MakeFolder(3, new UploadFrame.Folder(0755, Instant.EPOCH, "d")));
            assertThat(talk.next(UploadFrame.Done.class).results())
                    .extracting(UploadFrame.Result::stream)
                    .containsExactly(3L);
            Await.until("nothing of it is left", () -> own().equals(List.of("lock")));
        }
        assertThat(folder.resolve("f")).doesNotExist();
    }

    @Test
    void tellsOfFoldersInDone() throws Exception {
        Files.createDirectory(folder.resolve("there"));
        Files.writeString(folder.resolve("file"), "f");
        try (Server server = serve();
                Talk talk = new Talk(server)) {
            long stream = 1;
            for (String path : List.of("new", "there", "file")) {
                talk.say(new UploadFrame.MakeFolder(stream, new UploadFrame.Folder(0755, Instant.EPOCH, path)));
                boolean file = path.equals("file");
                UploadFrame.Result result =
                        talk.next(UploadFrame.Done.class).results().get(0);
                assertThat(result.stream()).isEqualTo(stream);
                assertThat(result.code()).isEqualTo(file ? UploadError.TYPE_CONFLICT.code() : 0);
                assertThat(result.flags()).isEqualTo(file ? 0 : UploadFrame.Result.DURABLE);
                stream += 2;
            }
        }
    }

    /** It names the file, whose name is longer than a message may be. */
    @Test
    void aReasonIsNoLongerThanAMessageMayBe() throws Exception {
        String path = String.join("/", Collections.nCopies(6, "n".repeat(200)));
        Files.createDirectories(folder.resolve(path).getParent());
        Files.writeString(folder.resolve(path), "");
        try (Server server = serve();
                Talk talk = new Talk(server)) {
            talk.say(open(1, UploadFrame.Start.NORMAL, path, 3));
            UploadFrame.Failure failure = talk.next(UploadFrame.Failure.class);
            assertThat(failure.code()).isEqualTo(UploadError.EXISTS.code());
            assertThat(failure.message()).isEqualTo(path.substring(0, 1024));
        }
    }
}
