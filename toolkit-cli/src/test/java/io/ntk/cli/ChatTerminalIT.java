package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Ports;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ntk chat join} as a person meets it: in a terminal, which tmux plays. */
class ChatTerminalIT {
    private Terminal terminal;

    @TempDir
    private Path folder;

    private final int port = Ports.free();
    private final List<Programs.Running> started = new ArrayList<>();

    @BeforeEach
    void needsTmux() {
        Programs.require("tmux");
        terminal = new Terminal(100, 30, "XDG_STATE_HOME=" + folder);
    }

    @AfterEach
    void endWhatWasStarted() {
        terminal.close();
        started.forEach(Programs.Running::close);
    }

    @Test
    void keepsTheLineBeingTypedWhileOthersSpeakAndCompletesTheirNicks() {
        serve();
        join("--nick", "bob");
        terminal.await("bob");
        terminal.type("half of");
        terminal.await("> half of");
        sendAs("ann", "hello bob");
        terminal.await("!<ann> hello bob");
        terminal.await("> half of");
        terminal.type(" it", "Enter");
        terminal.await("<bob> half of it");
        terminal.type("/wh", "Tab");
        terminal.await("> /who");
        terminal.type("Enter");
        Programs.Running cid = start("chat", "join", "127.0.0.1:" + port, "--nick", "cid");
        terminal.await("is now cid");
        terminal.type("ci", "Tab");
        terminal.await("> cid:");
        terminal.type("hi", "Enter");
        Await.until("the line at the other member", () -> cid.text().contains("<bob> cid: hi"));
        terminal.type("C-d");
        terminal.await("exit 0");
        terminal.await(" echo");
    }

    @Test
    void remembersWhatWasTypedButNoPasswords() throws IOException {
        serve();
        join();
        terminal.type("one", "Enter");
        terminal.await("> one");
        terminal.type("/pass sesame", "Enter");
        terminal.await("unknown command /pass");
        terminal.type("Up");
        terminal.await("\n> one");
        terminal.type("C-u", "/quit", "Enter");
        terminal.await("exit 0");
        Path file = folder.resolve("ntk/chat-history");
        assertThat(Files.readAllLines(file)).containsExactly("one", "/quit");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        terminal.close();
        join();
        terminal.type("Up", "Up");
        terminal.await("\n> one");
    }

    @Test
    void comesBackWithNickAndRoomWhenTheServerDoes() {
        Programs.Running server = serve();
        join("--nick", "bob", "--room", "tea");
        terminal.type("before", "Enter");
        terminal.await("<bob> before");
        server.close();
        terminal.await("trying again in");
        terminal.type("unheard", "Enter");
        terminal.await("not sent: there is no connection");
        serve();
        terminal.type("Enter");
        terminal.await("connected to 127.0.0.1:" + port);
        terminal.type("after", "Enter");
        terminal.await("<bob> after");
        Programs.Running ann = start("chat", "join", "127.0.0.1:" + port, "--room", "tea");
        Await.until("the room", () -> ann.text().contains("<bob> after"));
        terminal.type("/quit", "Enter");
        terminal.await("exit 0");
    }

    @Test
    void endsWithTheConnectionWhenToldTo() {
        Programs.Running server = serve();
        join("--no-reconnect");
        terminal.type("hello", "Enter");
        terminal.await("> hello");
        server.close();
        terminal.await("\nntk: 127.0.0.1:" + port + " closed by ");
        terminal.await("exit 1");
        terminal.await(" echo");
    }

    private Programs.Running serve() {
        Programs.Running server = Programs.start("python3", Packaged.script("chat_json_server.py"), "" + port);
        started.add(server);
        Packaged.awaitListener(port);
        return server;
    }

    private Programs.Running start(String... arguments) {
        Programs.Running running = Packaged.start(arguments);
        started.add(running);
        return running;
    }

    private void sendAs(String nick, String line) {
        var sent = Packaged.run(
                (line + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8),
                "chat",
                "join",
                "127.0.0.1:" + port,
                "--nick",
                nick);
        assertThat(sent.exit()).as(sent.err()).isZero();
    }

    private void join(String... options) {
        List<String> arguments = new ArrayList<>(List.of("chat", "join", "127.0.0.1:" + port));
        arguments.addAll(List.of(options));
        terminal.run(arguments.toArray(String[]::new));
        terminal.await(">");
    }
}
