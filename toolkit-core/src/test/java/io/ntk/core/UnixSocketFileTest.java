package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class UnixSocketFileTest {
    private static final String TRANSPORTS = "io.ntk.core.Transports#available";

    private static ListenOptions options(Transport transport, Path path) {
        return ListenOptions.on(new Endpoint.Unix(path)).withTransport(transport, 1);
    }

    private static Server serve(Transport transport, Path path) {
        return Server.start(Protocols.echo(), options(transport, path), NetListener.NONE);
    }

    private static void assertServes(Path path) throws IOException {
        try (Peer peer = Peer.connect(new Endpoint.Unix(path))) {
            assertThat(peer.send("x").read(1)).isEqualTo("x");
        }
    }

    private static void assertFails(Transport transport, Path path, String why) {
        assertThatThrownBy(() -> serve(transport, path))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("cannot listen on unix:" + path + ": " + why);
    }

    /** A socket that its server left behind, as a crash does. */
    private static void leaveStale(Path path) throws IOException {
        try (ServerSocketChannel crashed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            crashed.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(Files.exists(path)).isTrue();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void isItsOwnersAloneAndGoneAtTheEnd(Transport transport, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        try (Server server = serve(transport, path)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rw-------");
            assertThat(folder.toFile().list()).as("the lock is gone").containsExactly("s");
            assertServes(path);
            assertThat(server.addresses()).containsExactly("unix:" + path);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void hasThePermissionsAskedFor(Transport transport, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        for (int mode : new int[] {0777, 0660, 0421, 0}) {
            ListenOptions options = options(transport, path).withUnixMode(mode);
            try (Server server = Server.start(Protocols.echo(), options, NetListener.NONE)) {
                int granted = (Integer) Files.getAttribute(path, "unix:mode") & 0777;
                assertThat(granted).isEqualTo(mode);
                assertThat(server.closed()).isNotDone();
            }
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void replacesWhatACrashLeft(Transport transport, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        leaveStale(path);
        Files.createFile(folder.resolve("s.lock"));
        try (Server server = serve(transport, path)) {
            assertServes(path);
            assertThat(server.closed()).isNotDone();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void leavesASocketAloneThatSomebodyServes(Transport transport, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        try (Server server = serve(transport, path)) {
            assertFails(transport, path, "address already in use (is another server running there?)");
            assertServes(path);
            assertThat(server.closed()).isNotDone();
        }
    }

    @Test
    void leavesAHangingServerAlone(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel hanging = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            hanging.bind(UnixDomainSocketAddress.of(path), 1);
            assertThatThrownBy(() -> {
                        while (true) {
                            SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
                            waiting.add(client);
                            client.configureBlocking(false);
                            client.connect(UnixDomainSocketAddress.of(path));
                        }
                    })
                    .as("the backlog is full")
                    .hasMessageContaining("temporarily unavailable");
            assertFails(Transport.NIO, path, "address already in use (is another server running there?)");
        } finally {
            for (SocketChannel client : waiting) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void leavesOtherFilesAlone(Transport transport, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "precious");
        assertFails(transport, file, "there is a file that is no socket");
        assertThat(file).hasContent("precious");
        assertFails(transport, folder, "there is a file that is no socket");
        Path dangling = Files.createSymbolicLink(folder.resolve("l"), folder.resolve("nowhere"));
        assertFails(transport, dangling, "there is a file that is no socket");
        Path datagram = folder.resolve("d");
        Programs.require("python3");
        String binds = "import socket,sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]);"
                + " sys.stdin.read()";
        try (Programs.Running other = Programs.start("python3", "-c", binds, datagram.toString())) {
            Await.until("the datagram socket is bound", () -> Files.exists(datagram));
            assertFails(transport, datagram, "protocol wrong type for socket");
            assertThat(Files.exists(datagram)).isTrue();
            assertThat(other.text()).isEmpty();
        }
    }

    @Test
    void leavesALockAloneThatIsNone(@TempDir Path folder) throws IOException {
        Path lock = Files.writeString(folder.resolve("s.lock"), "x".repeat(65));
        Path path = folder.resolve("s");
        assertFails(Transport.NIO, path, "there is a file " + lock + " that is no lock");
        assertThat(lock).hasContent("x".repeat(65));
    }

    @Test
    @Timeout(60)
    void doesNotWaitForAFifoInPlaceOfTheLock(@TempDir Path folder) {
        Path lock = folder.resolve("s.lock");
        Programs.require("mkfifo");
        assertThat(Programs.run(new byte[0], "mkfifo", lock.toString()).exit()).isZero();
        assertFails(Transport.NIO, folder.resolve("s"), "there is a file " + lock + " that is no lock");
    }

    @Test
    void saysThatAnotherServerIsStarting(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        Path lock = folder.resolve("s.lock");
        try (FileChannel held = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            held.lock();
            assertFails(Transport.NIO, path, "another server is starting there (" + lock + " is locked)");
        }
    }

    @Test
    void saysThatTheFolderIsMissing(@TempDir Path folder) {
        Path path = folder.resolve("missing").resolve("s");
        assertFails(Transport.NIO, path, "no such file: " + path + ".lock");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void leavesASuccessorsSocketAlone(Transport transport, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        try (ServerSocketChannel successor = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            try (Server server = serve(transport, path)) {
                Files.delete(path);
                successor.bind(UnixDomainSocketAddress.of(path));
                assertThat(server.closed()).isNotDone();
            }
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                assertThat(client.isConnected()).isTrue();
            }
            assertThat(folder.toFile().list()).containsExactly("s");
        }
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void leavesAForeignFileAloneAtTheEnd(Transport transport, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        try (Server server = serve(transport, path)) {
            Files.delete(path);
            Files.writeString(path, "precious");
            assertThat(server.closed()).isNotDone();
        }
        assertThat(path).hasContent("precious");
        assertThat(folder.toFile().list()).containsExactly("s");
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void endsAlthoughItsFileIsGone(Transport transport, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("s");
        try (Server server = serve(transport, path)) {
            Files.delete(path);
            assertThat(server.closed()).isNotDone();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void letsOneOfTwoWinThatStartAtOnce(Transport transport, @TempDir Path folder) throws Exception {
        Path path = folder.resolve("s");
        try (EventLoops loops = EventLoops.start(transport, 2)) {
            for (int round = 0; round < 25; round++) {
                if (round % 2 == 0) {
                    leaveStale(path);
                }
                List<CompletableFuture<Server>> starting = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    starting.add(CompletableFuture.supplyAsync(
                            () -> Server.start(Protocols.echo(), options(transport, path), loops, NetListener.NONE)));
                }
                Server winner = onlyWinner(starting);
                assertServes(path);
                winner.close();
                assertThat(folder).isEmptyDirectory();
            }
        }
    }

    /** By a server that is there, or by one that is slow to start or to end. */
    private static void assertTaken(Throwable failure) {
        assertThat(failure.getMessage()).containsAnyOf("address already in use", "another server is starting there");
    }

    private static Server onlyWinner(List<CompletableFuture<Server>> starting) {
        List<Server> winners = new ArrayList<>();
        for (CompletableFuture<Server> each : starting) {
            try {
                winners.add(each.orTimeout(30, TimeUnit.SECONDS).join());
            } catch (CompletionException e) {
                assertTaken(e); // its message has that of the cause
            }
        }
        assertThat(winners).hasSize(1);
        return winners.get(0);
    }

    @ParameterizedTest
    @MethodSource(TRANSPORTS)
    void handsOverToASuccessorThatStartsWhileItEnds(Transport transport, @TempDir Path folder) throws Exception {
        Path path = folder.resolve("s");
        try (EventLoops loops = EventLoops.start(transport, 2)) {
            Server current = Server.start(Protocols.echo(), options(transport, path), loops, NetListener.NONE);
            for (int round = 0; round < 25; round++) {
                Server ending = current;
                CompletableFuture<Void> end = CompletableFuture.runAsync(ending::close);
                current = startWhenFree(transport, path, loops);
                end.get(30, TimeUnit.SECONDS);
                assertServes(path);
            }
            current.close(Duration.ZERO);
            assertThat(folder).isEmptyDirectory();
        }
    }

    private static Server startWhenFree(Transport transport, Path path, EventLoops loops) {
        List<Server> started = new ArrayList<>();
        Await.until("the path is free", () -> {
            try {
                started.add(Server.start(Protocols.echo(), options(transport, path), loops, NetListener.NONE));
                return true;
            } catch (UncheckedIOException e) {
                assertTaken(e);
                return false;
            }
        });
        return started.get(0);
    }

    @Test
    void takesNoPathThatIsTooLong(@TempDir Path folder) {
        int room = Endpoint.Unix.MAX_PATH_BYTES - folder.toString().length() - 1;
        Path longest = folder.resolve("x".repeat(room));
        for (Transport transport : Transports.available().toList()) {
            try (Server server = serve(transport, longest)) {
                assertThat(server.closed()).isNotDone();
            }
        }
        Path longer = folder.resolve("x".repeat(room + 1));
        assertThatThrownBy(() -> serve(Transport.NIO, longer))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("path: 104 bytes");
    }
}
