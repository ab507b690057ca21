package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code ntk chat serve} and its operator. */
class ChatServeCommandTest {
    private static final String LOOPBACK = "127.0.0.1:0";

    @TempDir
    private Path folder;

    /** A chat with somebody who types commands. */
    private static final class Operated implements AutoCloseable {
        private final PipedOutputStream typing = new PipedOutputStream();
        private final Ntk.Running run;

        Operated(String... options) {
            List<String> arguments = new ArrayList<>(List.of("chat", "serve", "--console", "--listen", LOOPBACK));
            arguments.addAll(List.of(options));
            try {
                run = Ntk.start(new PipedInputStream(typing), Map.of(), arguments.toArray(String[]::new));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String port() {
            return "" + run.port();
        }

        void type(String line) throws IOException {
            typing.write((line + "\n").getBytes(UTF_8));
            typing.flush();
        }

        /** Types a line and waits for what it is answered. */
        void ask(String line, String answer) throws IOException {
            type(line);
            run.awaitErr(answer + "\n");
        }

        @Override
        public void close() {
            run.close();
        }
    }

    @Test
    void tellsTheOperatorWhoIsWhere() throws IOException {
        try (var chat = new Operated();
                var ann = ChatMember.join(chat.port(), "ann");
                var bob = ChatMember.join(chat.port(), "bob")) {
            bob.send("/join tea");
            bob.await("you are bob in tea");
            ann.send("one");
            ann.send("/ping");
            ann.await("pong");
            chat.type("who");
            chat.run.awaitErr("bob  tea  127.0.0.1:");
            assertThat(chat.run.err()).contains("ann  lobby  127.0.0.1:");
            chat.ask("ROOMS", "lobby  1\ntea  1");
            chat.type("stats");
            chat.run.awaitErr("2 members in 2 rooms, 1 messages, ");
            chat.ask("help", "commands: who, rooms, say [ROOM] TEXT, kick NAME [REASON], stats, quit");
        }
    }

    @Test
    void saysSomethingInOneRoomOrInAll() throws IOException {
        try (var chat = new Operated();
                var ann = ChatMember.join(chat.port(), "ann");
                var bob = ChatMember.join(chat.port(), "bob")) {
            bob.send("/join tea");
            bob.await("you are bob in tea");
            ann.await("bob left");
            chat.ask("say tea is ready", "said in tea");
            assertThat(bob.line()).isEqualTo("* operator: is ready");
            chat.ask("say #TEA twice", "said in #TEA");
            assertThat(bob.line()).isEqualTo("* operator: twice");
            chat.ask("say coffee is out", "said in all rooms");
            assertThat(bob.line()).isEqualTo("* operator: coffee is out");
            assertThat(ann.line()).isEqualTo("* operator: coffee is out");
            chat.ask("say tea", "say [ROOM] TEXT: what is to be said in tea?");
            chat.ask("say", "say [ROOM] TEXT: what is to be said?");
            chat.type("say \u001b[31mred\u202e");
            assertThat(bob.line()).isEqualTo("* operator: red");
            assertThat(ann.line()).isEqualTo("* operator: red");
        }
    }

    @Test
    void disconnectsAMemberWithAReason() throws IOException {
        try (var chat = new Operated();
                var ann = ChatMember.join(chat.port(), "ann");
                var bob = ChatMember.join(chat.port(), "bob")) {
            ann.await("bob");
            chat.ask("kick", "kick NAME [REASON]: who?");
            chat.ask("kick eve", "there is no eve");
            chat.ask("kick BOB too \u001b]0;x\u0007loud", "disconnected BOB");
            assertThat(bob.await("disconnected")).isEqualTo("* you were disconnected by the operator: too loud");
            assertThat(bob.line()).isNull();
            assertThat(ann.await("left")).isEqualTo("* bob left: too loud");
            chat.ask("kick ann", "disconnected ann");
            assertThat(ann.await("disconnected")).isEqualTo("* you were disconnected by the operator");
        }
    }

    @Test
    void saysGoodbyeToAllAndEnds() throws IOException {
        try (var chat = new Operated();
                var ann = ChatMember.join(chat.port(), "ann");
                var bob = ChatMember.join(chat.port(), "bob")) {
            ann.await("bob");
            chat.type("quit");
            assertThat(ann.await("goodbye")).isEqualTo("* the server is closing, goodbye");
            assertThat(bob.await("goodbye")).isEqualTo("* the server is closing, goodbye");
            assertThat(chat.run.await().exit()).isZero();
        }
    }

    @Test
    void goesOnWithoutAnOperator() throws IOException {
        try (var chat = new Operated();
                var ann = ChatMember.join(chat.port(), "ann")) {
            chat.typing.close();
            ann.send("/ping");
            ann.await("pong");
        }
    }

    @Test
    void showsNothingHostileOnTheOperatorsTerminal() throws IOException {
        try (var chat = new Operated("-v");
                var ann = ChatMember.join(chat.port(), "ann")) {
            for (String hostile : List.of(
                    "\u001b[2Jcleared \u202eturned \u009b1mbold \u0000nul",
                    "/me \u001b]0;title\u0007acts",
                    "/nick \u001b[31mred",
                    "/join \u001b[31mred",
                    "/nick \u202eann",
                    "/msg \u001b[1m x",
                    "/\u001b[31mx")) {
                ann.send(hostile);
            }
            ann.send("/quit \u001b[31mso \u202elong\u0007");
            for (String line = ann.line(); line != null; line = ann.line()) {
                assertThat(line.codePoints()).as(line).noneMatch(ChatServeCommandTest::isHostile);
            }
            chat.type("who");
            chat.type("kick \u001b[31mred");
            chat.run.awaitErr("there is no ");
            assertThat(chat.run.out() + chat.run.err()).contains("cleared turned");
            assertThat((chat.run.out() + chat.run.err()).codePoints()).noneMatch(c -> c != '\n' && isHostile(c));
        }
    }

    private static boolean isHostile(int c) {
        return Character.isISOControl(c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    }

    @Test
    void tellsWhatHappensAsJson() throws IOException {
        Path socket = folder.resolve("s");
        try (var chat = Ntk.start(
                "chat",
                "serve",
                "--json",
                "--flood",
                "off",
                "--send-queue",
                "16KiB",
                "--listen",
                LOOPBACK,
                "--listen",
                "unix:" + socket)) {
            String port = "" + chat.port();
            try (var ann = ChatMember.join(port, "ann");
                    SocketChannel bob = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                bob.write(ByteBuffer.wrap("/nick bob\n".getBytes(UTF_8)));
                bob.configureBlocking(false);
                ann.await("bob");
                ann.send("hello \u001b[31m\"you\"");
                for (int i = 0; i < 200; i++) {
                    ann.send("x".repeat(4000)); // more than the kernel keeps for bob
                }
                Await.until("slow in " + chat.err(), () -> chat.out().contains("\"event\":\"slow\""));
                ByteBuffer sink = ByteBuffer.allocate(1 << 20);
                Await.until("skipped", () -> {
                    try {
                        sink.clear();
                        return bob.read(sink) < 0 || chat.out().contains("\"event\":\"skipped\"");
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                ann.send("/quit");
                assertThat(ann.line()).isNull();
            }
            Await.until("leave", () -> chat.out().contains("\"event\":\"leave\",\"service\":\"chat\""));
            String out = chat.out();
            assertThat(out).contains("\"event\":\"join\"").contains("\"nick\":\"guest-1\",\"room\":\"lobby\"}");
            assertThat(out).contains("\"type\":\"message\",\"text\":\"hello \\\"you\\\"\"}");
            assertThat(out.lines()).allMatch(line -> line.startsWith("{\"v\":1,") && line.endsWith("}"));
        }
    }

    @Test
    void tellsOfAFloodOnce() {
        try (var chat = Ntk.start("chat", "serve", "--json", "--flood", "50/s,burst=1", "--listen", LOOPBACK);
                var ann = new ChatMember("" + chat.port())) {
            ann.send("1\n2\n3\n4\n/ping");
            ann.await("pong");
            assertThat(chat.out().lines().filter(line -> line.contains("\"event\":\"flood\"")))
                    .singleElement()
                    .asString()
                    .contains("\"nick\":\"guest-1\"");
        }
    }

    @Test
    void neverShowsASecret() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "open sesame\n");
        try (var chat = Ntk.start(
                "chat", "serve", "-v", "--json", "--listen", LOOPBACK, "--password-file", secret.toString())) {
            try (var ann = new ChatMember("" + chat.port());
                    var eve = new ChatMember("" + chat.port())) {
                ann.send("/pass open sesame");
                ann.send("/ping");
                ann.await("pong");
                eve.send("/pass shut sesame");
                assertThat(eve.await("password")).isEqualTo("error: wrong password");
            }
            chat.stop(ExitCode.TERMINATED);
            Ntk.Result result = chat.await();
            assertThat(result.out() + result.err()).doesNotContain("sesame");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--history 1001                                   | --history",
                "--max-rooms 0                                    | --max-rooms",
                "--flood fast                                     | --flood",
                "--send-queue 16383                               | --send-queue",
                "--slow wait                                      | --slow",
                "--format xml                                     | --format",
                "--password-file x --format classic               | --password-file has no meaning with --format classic",
                "--password-file x --listen 0.0.0.0:0             | the password would go over the network in plain text",
                "--stall never                                    | --stall",
            })
    void refusesWhatCannotBe(String options, String reason) {
        List<String> arguments = new ArrayList<>(List.of("chat", "serve"));
        arguments.addAll(List.of(options.strip().split(" ")));
        Ntk.Result result = Ntk.run(arguments.toArray(String[]::new));
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).contains(reason);
        assertThat(result.out()).isEmpty();
    }

    @Test
    void refusesAPasswordFileWithoutAPassword() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty"), "\n");
        Ntk.Result result = Ntk.run("chat", "serve", "--listen", LOOPBACK, "--password-file", empty.toString());
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err())
                .startsWith("ntk: " + empty
                        + ": no password (expected: one line of 1 to 1024 bytes, no control characters)\n");
        Ntk.Result missing = Ntk.run("chat", "serve", "--password-file", "/no/such/file");
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.err()).contains("cannot read /no/such/file");
    }
}
