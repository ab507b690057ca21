package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ntk chat join} as a person meets it: in a terminal, which tmux plays. */
class ChatTerminalIT {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private final String session = "ntk-chat-" + ProcessHandle.current().pid();
    private final int port = Packaged.freePort();
    private final List<Programs.Running> started = new ArrayList<>();

    @BeforeEach
    void needsTmux() {
        Programs.require("tmux");
    }

    @AfterEach
    void endWhatWasStarted() {
        tmux("kill-server");
        started.forEach(Programs.Running::close);
    }

    @Test
    void keepsTheLineBeingTypedWhileOthersSpeakAndCompletesTheirNicks() {
        serve();
        join("--nick", "bob");
        awaitScreen("bob");
        type("half of");
        awaitScreen("> half of");
        sendAs("ann", "hello bob");
        awaitScreen("!<ann> hello bob");
        awaitScreen("> half of");
        type(" it", "Enter");
        awaitScreen("<bob> half of it");
        type("/wh", "Tab");
        awaitScreen("> /who");
        type("Enter");
        Programs.Running cid = start("chat", "join", "127.0.0.1:" + port, "--nick", "cid");
        awaitScreen("is now cid");
        type("ci", "Tab");
        awaitScreen("> cid:");
        type("hi", "Enter");
        Await.until("the line at the other member", () -> cid.text().contains("<bob> cid: hi"));
        type("C-d");
        awaitScreen("exit 0");
        awaitScreen(" echo");
    }

    @Test
    void remembersWhatWasTypedButNoPasswords() throws IOException {
        serve();
        join();
        awaitScreen("> ");
        type("one", "Enter");
        awaitScreen("> one");
        type("/pass sesame", "Enter");
        type("Up");
        awaitScreen("> one");
        type("C-u", "/quit", "Enter");
        awaitScreen("exit 0");
        Path file = folder.resolve("ntk/chat-history");
        assertThat(Files.readAllLines(file)).containsExactly("one", "/quit");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        tmux("kill-server");
        join();
        awaitScreen("> ");
        type("Up", "Up");
        awaitScreen("> one");
    }

    @Test
    void comesBackWithNickAndRoomWhenTheServerDoes() {
        Programs.Running server = serve();
        join("--nick", "bob", "--room", "tea");
        type("before", "Enter");
        awaitScreen("<bob> before");
        server.close();
        awaitScreen("trying again in");
        type("unheard", "Enter");
        awaitScreen("not sent: there is no connection");
        serve();
        type("Enter");
        awaitScreen("connected to 127.0.0.1:" + port);
        type("after", "Enter");
        awaitScreen("<bob> after");
        Programs.Running ann = start("chat", "join", "127.0.0.1:" + port, "--room", "tea");
        Await.until("the room", () -> ann.text().contains("<bob> after"));
        type("/quit", "Enter");
        awaitScreen("exit 0");
    }

    @Test
    void endsWithTheConnectionWhenToldTo() {
        Programs.Running server = serve();
        join("--no-reconnect");
        type("hello", "Enter");
        awaitScreen("> hello");
        server.close();
        awaitScreen("ntk: 127.0.0.1:" + port + " closed by ");
        awaitScreen("exit 1");
        awaitScreen(" echo");
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
        String join = String.join(" ", Packaged.command(arguments.toArray(String[]::new)));
        tmux(
                "new-session",
                "-d",
                "-x",
                "100",
                "-y",
                "30",
                "export XDG_STATE_HOME=" + folder + "; " + join + "; echo exit $?; stty -a | grep -o ' echo '; cat");
        awaitScreen(">");
    }

    private void type(String... keys) {
        List<String> arguments = new ArrayList<>(List.of("send-keys"));
        arguments.addAll(List.of(keys));
        tmux(arguments.toArray(String[]::new));
    }

    private void awaitScreen(String text) {
        assertThat(Await.within(DEADLINE, () -> screen().contains(text)))
                .as("%s on the screen:%n%s", text, screen())
                .isTrue();
    }

    private String screen() {
        return tmux("capture-pane", "-p").text();
    }

    private Programs.Result tmux(String... arguments) {
        List<String> command = new ArrayList<>(List.of("tmux", "-u", "-L", session, "-f", "/dev/null"));
        command.addAll(List.of(arguments));
        return Programs.run(new byte[0], command.toArray(String[]::new));
    }
}
