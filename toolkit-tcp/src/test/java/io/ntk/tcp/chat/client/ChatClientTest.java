package io.ntk.tcp.chat.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.core.CloseCause;
import io.ntk.core.ConnectFailedException;
import io.ntk.core.ConnectOptions;
import io.ntk.core.Endpoint;
import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.tcp.chat.client.ChatClientOptions.Format;
import io.ntk.tcp.line.LineMessage;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.LeakCheck;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Channels;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ChatClientTest {
    private final List<LineMessage> received = new CopyOnWriteArrayList<>();
    private final List<NetEvent> events = new CopyOnWriteArrayList<>();
    private final ReceivedLines sink = new ReceivedLines(100, received::addAll);
    private ServerSocket server;
    private ChatClientOptions options;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        server.setSoTimeout((int) Await.DEADLINE.toMillis());
        options = ChatClientOptions.to(ConnectOptions.to(Endpoint.parse("127.0.0.1:" + server.getLocalPort())));
    }

    @AfterEach
    void stopListening() throws IOException {
        server.close();
    }

    @Test
    void introducesItselfThePasswordFirst() throws Exception {
        ChatClientOptions all =
                options.withFormat(Format.JSON).withRoom("tea").withNick("ann").withPassword("open sesame");
        try (ChatClient client = ChatClient.connect(all, sink, NetListener.NONE);
                Socket peer = accept()) {
            BufferedReader lines = lines(peer);
            client.send("hällo");
            client.shutdownOutput();
            assertThat(lines.lines())
                    .containsExactly("/pass open sesame", "/format json", "/nick ann", "/join tea", "hällo");
        }
    }

    @Test
    void saysNothingByItselfUnlessAsked() throws Exception {
        for (ChatClientOptions silent : List.of(options, options.withFormat(Format.CLASSIC))) {
            try (ChatClient client = ChatClient.connect(silent, sink, NetListener.NONE);
                    Socket peer = accept()) {
                client.shutdownOutput();
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void receivesLinesAndTellsOfAChat() throws Exception {
        try (ChatClient client = ChatClient.connect(options, sink, events::add);
                Socket peer = accept()) {
            peer.getOutputStream().write("* welcome\n[14:32:47] <ann> hi\n".getBytes(UTF_8));
            peer.shutdownOutput();
            client.inputEnded().get(30, TimeUnit.SECONDS);
            client.shutdownOutput();
            assertThat(client.closed().get(30, TimeUnit.SECONDS).cause()).isEqualTo(CloseCause.PEER);
        }
        assertThat(received)
                .containsExactly(
                        new LineMessage.Text("* welcome", true), new LineMessage.Text("[14:32:47] <ann> hi", true));
        Await.until("both events", () -> events.size() == 2);
        assertThat(events).extracting(NetEvent::service).containsExactly("chat", "chat");
        assertThat(events).extracting(NetEvent::name).containsExactly("opened", "closed");
    }

    @Test
    void sendsALineOfTheLimitAndNoLongerOne() throws Exception {
        String longest = "é".repeat(ChatClientOptions.MAX_LINE_BYTES / 2);
        try (ChatClient client = ChatClient.connect(options, sink, NetListener.NONE);
                Socket peer = accept()) {
            assertThatThrownBy(() -> client.send(longest + "x"))
                    .hasMessage("line: 4097 bytes (expected: at most 4096)");
            assertThatThrownBy(() -> client.send("one\ntwo")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> client.send("one\rtwo")).isInstanceOf(IllegalArgumentException.class);
            client.send(longest);
            assertThat(lines(peer).readLine()).isEqualTo(longest);
        }
    }

    @Test
    void pumpsASourceThatIsNoFile() throws Exception {
        try (ChatClient client = ChatClient.connect(options, sink, NetListener.NONE);
                Socket peer = accept()) {
            byte[] bytes = "line\n".repeat(3).getBytes(UTF_8);
            SentLines source =
                    new SentLines(Channels.newChannel(new ByteArrayInputStream(bytes)), Format.PLAIN, number -> {});
            assertThat(client.pump(source)).isEqualTo(bytes.length);
            client.shutdownOutput();
            assertThat(lines(peer).lines()).containsExactly("line", "line", "line");
        }
    }

    @Test
    void tellsWhyItCannotConnect() throws IOException {
        server.close();
        assertThatThrownBy(() -> ChatClient.connect(options, sink, NetListener.NONE))
                .isInstanceOf(ConnectFailedException.class)
                .hasMessageContaining("connection refused");
    }

    @Test
    void refusesNamesThatAreMoreThanAWord() {
        for (String bad : new String[] {"", "a b", "a\nb", "a\u00a0b", "a\u0000"}) {
            assertThatThrownBy(() -> options.withNick(bad)).hasMessageContaining("(expected: one word)");
            assertThatThrownBy(() -> options.withRoom(bad)).hasMessageContaining("(expected: one word)");
        }
        assertThatThrownBy(() -> options.withNick("ann").withFormat(Format.CLASSIC))
                .hasMessageContaining("classic");
    }

    @Test
    void keepsThePasswordToItself() {
        assertThat(options.withPassword("open sesame").toString()).doesNotContain("sesame");
        assertThatThrownBy(() -> options.withPassword("open\nsesame"))
                .hasMessageStartingWith("password: ***")
                .hasMessageNotContaining("sesame");
    }

    private Socket accept() throws IOException {
        Socket peer = server.accept();
        peer.setSoTimeout((int) Await.DEADLINE.toMillis());
        return peer;
    }

    private static BufferedReader lines(Socket peer) throws IOException {
        return new BufferedReader(new InputStreamReader(peer.getInputStream(), UTF_8));
    }
}
