package io.ntk.tcp.upload.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.core.Server;
import io.ntk.tcp.upload.Frames;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.run.UploadClient;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Programs;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a client in python3 that was written from the specification alone. */
@ExtendWith(LeakCheck.class)
class UploadServerTest {
    private static final String KEY = "000102030405060708090a0b0c0d0e0f";

    @TempDir
    private Path folder;

    @TempDir
    private Path sources;

    private final List<NetEvent> events = new CopyOnWriteArrayList<>();

    private UploadOptions options() {
        UploadOptions base = UploadOptions.of(folder);
        return base.withListen(ListenOptions.loopback(0)
                        .withLimits(base.listen().limits().withDrain(Duration.ofSeconds(1))))
                .withStore(base.store()
                        .withLimits(new StoreOptions.Limits(100, 100, 32 << 20, 0, Duration.ofMinutes(10))));
    }

    private static int port(Server server) {
        return ((Endpoint.Inet) server.endpoints().get(0)).port();
    }

    private static Programs.Result python(Server server, String script, String... arguments) {
        try {
            String path = Path.of(UploadServerTest.class
                            .getResource("/upload/" + script)
                            .toURI())
                    .toString();
            String[] command = new String[3 + arguments.length];
            command[0] = "python3";
            command[1] = path;
            command[2] = String.valueOf(port(server));
            System.arraycopy(arguments, 0, command, 3, arguments.length);
            return Programs.run(new byte[0], command);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path source(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Files.write(sources.resolve(name), bytes);
    }

    @Test
    void receivesResumesAndAnswersAgain() throws Exception {
        Path source = source("f", 5 * 262_144 + 3);
        try (Server server = UploadServer.start(options(), events::add)) {
            assertThat(python(server, "ntup.py", "send", source.toString(), "d/f", KEY, "1", "2")
                            .err())
                    .isEmpty();
            assertThat(folder.resolve("d/f")).doesNotExist();
            Await.until("suspended", () -> events.stream().anyMatch(UploadEvent.Suspended.class::isInstance));
        }
        try (Server server = UploadServer.start(options(), events::add)) {
            var stale = python(server, "ntup.py", "send", source.toString(), "d/f", KEY, "1");
            assertThat(stale.text()).contains("'error': 302, 'expected': 1");
            var done = python(server, "ntup.py", "send", source.toString(), "d/f", KEY, "2");
            assertThat(done.err()).isEmpty();
            assertThat(done.text()).startsWith("(0, 1, 1310723, ").contains("'d/f'");
            assertThat(folder.resolve("d/f")).hasSameBinaryContentAs(source);
            var again = python(server, "ntup.py", "send", source.toString(), "d/f", KEY, "3");
            assertThat(again.text()).startsWith("(0, 9, 1310723, ");
        }
        assertThat(events)
                .filteredOn(UploadEvent.Opened.class::isInstance)
                .extracting(event -> ((UploadEvent.Opened) event).present())
                .containsExactly(0L, 2 * 262_144L);
    }

    @Test
    void takesSmallFilesOneBehindTheOther() {
        try (Server server = UploadServer.start(options(), NetListener.NONE)) {
            assertThat(python(server, "ntup.py", "puts", "500").text()).isEqualTo("[(0, 1)]\n");
            assertThat(python(server, "ntup.py", "puts", "500").text()).isEqualTo("[(0, 9)]\n");
            assertThat(folder.resolve("puts/499.txt")).hasContent("file 499");
        }
    }

    @Test
    void wantsTheSharedKey() {
        UploadOptions options = options().withKey(Octets.of("0123456789abcdef".getBytes(US_ASCII)));
        try (Server server = UploadServer.start(options, NetListener.NONE)) {
            assertThat(python(server, "ntup.py", "auth", "0123456789abcdef").text())
                    .isEqualTo("in\n");
            assertThat(python(server, "ntup.py", "auth", "0123456789abcdeX").err())
                    .contains("error 104");
            assertThat(python(server, "ntup.py", "early").text()).isEqualTo("error 103\n");
        }
    }

    @Test
    void speaksTheSimpleProtocolWithAClientOfTwentyLines() throws Exception {
        Path one = source("one.bin", 3_000_000);
        Path two = source("two.bin", 0);
        Path three = source("three.bin", 17);
        UploadOptions options = options().withDialect(UploadOptions.Dialect.NTUP_AND_SIMPLE);
        try (Server server = UploadServer.start(options, NetListener.NONE)) {
            var result = python(server, "simple_client.py", one.toString(), two.toString(), three.toString());
            assertThat(result.err()).isEmpty();
            assertThat(result.text()).isEqualTo("b''\n");
            for (Path source : List.of(one, two, three)) {
                assertThat(folder.resolve(source.getFileName())).hasSameBinaryContentAs(source);
            }
            assertThat(python(server, "simple_client.py", one.toString()).text())
                    .startsWith("error 201 ");
            assertThat(python(server, "ntup.py", "puts", "1").text()).isEqualTo("[(0, 1)]\n");
        }
    }

    @Test
    void refusesSimpleHeadersThatAreNone() throws Exception {
        UploadOptions options = options().withDialect(UploadOptions.Dialect.NTUP_AND_SIMPLE);
        try (Server server = UploadServer.start(options, NetListener.NONE)) {
            for (String header :
                    List.of("x\n", "../x|1\n", "x|\n", "x|-1\n", "|1\n", "x|99999999999999999999\n", "x|11GiB\n")) {
                assertThat(exchange(server, header.getBytes(UTF_8))).as(header).startsWith("error ");
            }
            assertThat(exchange(server, "x|5\nabc".getBytes(UTF_8))).startsWith("ready\nerror 303 ");
            assertThat(exchange(server, "a|b|3\r\nabc\r\nc|1\nx".getBytes(UTF_8)))
                    .isEqualTo("ready\nready\n");
            assertThat(folder.resolve("a|b")).hasContent("abc");
            assertThat(folder.resolve("c")).hasContent("x");
            assertThat(folder.resolve("x")).doesNotExist();
        }
    }

    @Test
    void answersWhoSpeaksSomethingElse() throws Exception {
        try (Server server = UploadServer.start(options(), NetListener.NONE)) {
            assertThat(exchange(server, "GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8)))
                    .startsWith("error: this port speaks NTUP/1");
        }
    }

    @Test
    void endsWhoSendsMoreThanTheCredit() throws Exception {
        UploadOptions options = options().withLimits(UploadLimits.DEFAULTS.withCredit(1 << 20, 256 * 1024));
        try (Server server = UploadServer.start(options, NetListener.NONE);
                Socket socket = connect(server)) {
            socket.getOutputStream()
                    .write(Frames.bytes(
                            new UploadFrame.Preamble(),
                            Frames.HELLO,
                            new UploadFrame.Open(1, UploadFrame.Start.NORMAL, Frames.request("f", 9 << 20)),
                            new UploadFrame.Data(1, 0, (1 << 20) + 1, 0)));
            byte[] answer = socket.getInputStream().readAllBytes();
            assertThat(new String(answer, java.nio.charset.StandardCharsets.ISO_8859_1))
                    .contains("1048577 raw bytes with a credit of 1048576");
        }
    }

    @Test
    void tellsTheSeventeenthConnectionOfAnAddressInFrames() throws Exception {
        UploadOptions base = options();
        UploadOptions options = base.withListen(base.listen()
                .withLimits(base.listen().limits().withMaxPerAddress(16, true).withDrain(Duration.ZERO)));
        List<Socket> sockets = new ArrayList<>();
        try (Server server = UploadServer.start(options, NetListener.NONE)) {
            for (int i = 0; i < 16; i++) {
                Socket socket = connect(server);
                sockets.add(socket);
                socket.getOutputStream().write(Frames.bytes(new UploadFrame.Preamble()));
                assertThat(socket.getInputStream().readNBytes(8)).isEqualTo(Frames.bytes(new UploadFrame.Preamble()));
            }
            try (Socket more = connect(server)) {
                assertThat(more.getInputStream().readAllBytes())
                        .isEqualTo(Frames.bytes(
                                new UploadFrame.Preamble(),
                                UploadFrame.Failure.of(
                                        0,
                                        UploadError.TOO_MANY_CONNECTIONS,
                                        "too many connections from your address")));
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private UploadOptions oneConnectionOfAnAddress() {
        UploadOptions base = options().withDialect(UploadOptions.Dialect.NTUP_AND_SIMPLE);
        return base.withListen(base.listen()
                .withLimits(base.listen().limits().withMaxPerAddress(1, true).withDrain(Duration.ZERO)));
    }

    @Test
    void tellsWhoIsRefusedInItsOwnWords() throws Exception {
        try (Server server = UploadServer.start(oneConnectionOfAnAddress(), events::add);
                Socket first = connect(server)) {
            Await.until("opened", () -> server.connections() == 1);
            try (Socket frames = connect(server)) {
                frames.getOutputStream().write(file("f", Frames.KEY, new byte[3]));
                assertThat(frames.getInputStream().readAllBytes())
                        .isEqualTo(Frames.bytes(
                                new UploadFrame.Preamble(),
                                UploadFrame.Failure.of(
                                        0,
                                        UploadError.TOO_MANY_CONNECTIONS,
                                        "too many connections from your address")));
            }
            assertThat(exchange(server, "f|3\n".getBytes(US_ASCII)))
                    .isEqualTo("error 109 too many connections from your address\n");
            assertThat(first.isClosed()).isFalse();
        }
    }

    /** A port of both dialects, and a client that is refused at first: it tries again, as 109 says. */
    @Test
    void aClientThatWasRefusedComesAgain() throws Exception {
        Path source = source("f", 3);
        try (Socket first = new Socket();
                Server server = UploadServer.start(oneConnectionOfAnAddress(), event -> {
                    events.add(event);
                    if (event instanceof NetEvent.Refused) {
                        try {
                            first.shutdownOutput();
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    }
                })) {
            first.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(server)));
            Await.until("opened", () -> server.connections() == 1);
            UploadClient.send(
                            SendOptions.to(ConnectOptions.to(server.endpoints().get(0))), source)
                    .get(30, TimeUnit.SECONDS);
        }
        assertThat(folder.resolve("f")).hasSameBinaryContentAs(source);
        assertThat(events).extracting(NetEvent::name).contains("refused");
    }

    /** What was committed is published, and the folder is free, when closing returns. */
    @Test
    void closingWaitsForTheStore() throws Exception {
        Server server = UploadServer.start(options(), events::add);
        byte[] bytes = new byte[3 * 262_144];
        try (Socket socket = connect(server)) {
            socket.getOutputStream().write(file("f", Frames.KEY, bytes));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            in.readNBytes(8);
            in.readNBytes(in.readInt());
            socket.shutdownOutput();
            server.close(Duration.ofMinutes(1));
        }
        assertThat(server.closed()).isDone();
        assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        try (FileChannel lock = FileChannel.open(folder.resolve(".ntup/lock"), StandardOpenOption.WRITE)) {
            assertThat(lock.tryLock()).isNotNull();
        }
    }

    /** Preamble, HELLO and a whole file, without waiting. */
    private static byte[] file(String name, Octets key, byte[] bytes) {
        UploadRequest request = new UploadRequest(
                key, bytes.length, 262_144, 0644, OnExists.SERVER, Durability.FILE, Instant.EPOCH, 1, name, null);
        byte[] all = Frames.bytes(
                new UploadFrame.Preamble(),
                Frames.HELLO,
                new UploadFrame.Open(1, UploadFrame.Start.OPTIMISTIC, request));
        for (int from = 0; from < bytes.length; from += 262_144) {
            byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 262_144));
            CRC32C sum = new CRC32C();
            sum.update(part);
            all = Frames.joined(
                    all, Frames.bytes(new UploadFrame.Data(1, from, part.length, (int) sum.getValue())), part);
        }
        return Frames.joined(all, Frames.bytes(new UploadFrame.Commit(1, bytes.length, null)));
    }

    /** Two connections, one name, at the same time: each policy, and the last word on each connection. */
    @ParameterizedTest
    @CsvSource({
        "REJECT, DONE, 201",
        "OVERWRITE, DONE, DONE",
        "RENAME, DONE, DONE",
        "SKIP_SAME, DONE, DONE",
    })
    void twoConnectionsSendTheSameName(OnExists policy, String one, String other) throws Exception {
        UploadOptions options = options().withStore(options().store().withOnExists(policy));
        byte[] bytes = new byte[2 * 262_144 + 1];
        List<String> ends = new ArrayList<>();
        try (Server server = UploadServer.start(options, NetListener.NONE);
                Socket first = connect(server);
                Socket second = connect(server)) {
            first.getOutputStream().write(file("f", Frames.KEY, bytes));
            second.getOutputStream().write(file("f", Octets.of(new byte[16]), bytes));
            for (Socket socket : List.of(first, second)) {
                ends.add(end(socket));
            }
        }
        assertThat(ends).containsExactlyInAnyOrder(one, other);
        assertThat(folder.resolve("f")).hasBinaryContent(bytes);
        assertThat(Files.exists(folder.resolve("f (1)"))).isEqualTo(policy == OnExists.RENAME);
    }

    /** DONE, or the code of the ERROR. */
    private static String end(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        in.readNBytes(8);
        while (true) {
            byte[] frame = in.readNBytes(in.readInt());
            if (frame[0] == 0x16) {
                return "DONE";
            } else if (frame[0] == 0x2F) {
                return String.valueOf(java.nio.ByteBuffer.wrap(frame).getShort(8));
            }
        }
    }

    /** A queue that two clients fill within a moment: both are paused, and both go on. */
    @Test
    void goesOnWithEverybodyAfterTheDiskWasBehind() throws Exception {
        UploadOptions base = options();
        UploadOptions options = base.withStore(
                        base.store().withLimits(new StoreOptions.Limits(100, 100, 1 << 20, 0, Duration.ofMinutes(10))))
                .withLimits(UploadLimits.DEFAULTS.withCredit(4 << 20, 262_144));
        byte[] bytes = new byte[4 << 20];
        try (Server server = UploadServer.start(options, NetListener.NONE);
                Socket first = connect(server);
                Socket second = connect(server)) {
            first.getOutputStream().write(file("a", Frames.KEY, bytes));
            second.getOutputStream().write(file("b", Octets.of(new byte[16]), bytes));
            assertThat(end(first)).isEqualTo("DONE");
            assertThat(end(second)).isEqualTo("DONE");
        }
        assertThat(folder.resolve("b")).hasBinaryContent(bytes);
    }

    /** Raw bytes of a refused file are drained, and their credit comes back. */
    @Test
    void givesBackTheCreditOfARefusedFile() throws Exception {
        Files.writeString(folder.resolve("taken"), "");
        try (Server server = UploadServer.start(options(), NetListener.NONE);
                Socket socket = connect(server)) {
            socket.getOutputStream()
                    .write(Frames.joined(
                            Frames.bytes(
                                    new UploadFrame.Preamble(),
                                    Frames.HELLO,
                                    new UploadFrame.Open(
                                            1, UploadFrame.Start.OPTIMISTIC, Frames.request("taken", 262_144)),
                                    new UploadFrame.Data(1, 0, 262_144, 7)),
                            new byte[262_144],
                            Frames.bytes(new UploadFrame.Ping(5))));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            in.readNBytes(8);
            int credit = 0;
            int error = 0;
            while (credit < 262_144 || error == 0) {
                byte[] frame = in.readNBytes(in.readInt());
                if (frame[0] == 0x13) {
                    credit += java.nio.ByteBuffer.wrap(frame).getInt(8 + 20);
                } else if (frame[0] == 0x2F) {
                    error = java.nio.ByteBuffer.wrap(frame).getShort(8);
                }
            }
            assertThat(credit).isEqualTo(262_144);
            assertThat(error).isEqualTo(201);
        }
    }

    private static Socket connect(Server server) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(server));
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static String exchange(Server server, byte[] bytes) throws IOException {
        try (Socket socket = connect(server)) {
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }
}
