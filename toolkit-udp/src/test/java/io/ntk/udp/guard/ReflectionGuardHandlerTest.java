package io.ntk.udp.guard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import io.ntk.testsupport.LeakCheck;
import io.ntk.udp.DatagramEchoHandler;
import io.ntk.udp.guard.ReflectionGuardHandler.Muted;
import io.ntk.udp.guard.ReflectionGuardHandler.Refused;
import io.ntk.udp.guard.ReflectionGuardHandler.Rule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class ReflectionGuardHandlerTest {
    private static final InetSocketAddress SELF = address("192.0.2.1", 9001);
    private static final InetSocketAddress PEER = address("198.51.100.7", 40_000);
    private static final long SECOND = 1_000_000_000L;

    private final List<Object> events = new ArrayList<>();
    private long now = 1;
    private final AnswerRates rates = new AnswerRates(GuardOptions.DEFAULTS, () -> now, 1);
    private EmbeddedChannel channel = channel(new DatagramEchoHandler());

    private EmbeddedChannel channel(ChannelInboundHandlerAdapter service) {
        var made = new EmbeddedChannel() {
            @Override
            protected SocketAddress localAddress0() {
                return SELF;
            }
        };
        made.pipeline()
                .addLast(new ReflectionGuardHandler(GuardOptions.DEFAULTS, rates, () -> now))
                .addLast(service)
                .addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                        events.add(event);
                    }
                });
        return made;
    }

    private static InetSocketAddress address(String host, int port) {
        try {
            byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(channel.finish()).isFalse();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }

    private boolean isAnswered(InetSocketAddress peer, String text) {
        channel.writeInbound(new DatagramPacket(bytes(text), SELF, peer));
        DatagramPacket answer = channel.readOutbound();
        if (answer == null) {
            return false;
        }
        assertThat(answer.recipient()).isEqualTo(peer);
        assertThat(answer.content().toString(UTF_8)).isEqualTo(text);
        answer.release();
        return true;
    }

    private Rule rule() {
        return ((Refused) Objects.requireNonNull(events.get(events.size() - 1))).rule();
    }

    private void answerWith(int bytes) {
        channel.finish();
        channel = channel(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                DatagramPacket packet = (DatagramPacket) message;
                ctx.writeAndFlush(new DatagramPacket(Unpooled.buffer().writeZero(bytes), packet.sender()));
                packet.release();
            }
        });
    }

    @Test
    void sendsAnAnswerAsLongAsItsRequest() {
        answerWith(5);
        channel.writeInbound(new DatagramPacket(bytes("12345"), SELF, PEER));
        DatagramPacket answer = channel.readOutbound();
        assertThat(answer.content().readableBytes()).isEqualTo(5);
        answer.release();
    }

    @Test
    void refusesAnAnswerOneByteLonger() {
        answerWith(6);
        channel.writeInbound(new DatagramPacket(bytes("12345"), SELF, PEER));
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(events).containsExactly(new Refused(Rule.SIZE, PEER, 6));
    }

    @Test
    void refusesEachPortThatAnswersByItselfAndNoneBesideThem() {
        for (int port = 1; port <= 65_535; port++) {
            boolean refused = GuardOptions.REFUSED_PORTS.contains(port) || port == SELF.getPort();
            assertThat(isAnswered(address("127.0.0.1", port), "x"))
                    .as("port %d", port)
                    .isEqualTo(!refused);
        }
        assertThat(events)
                .hasSize(GuardOptions.REFUSED_PORTS.size() + 1)
                .allSatisfy(event -> assertThat(((Refused) event).rule()).isEqualTo(Rule.PORT));
    }

    @Test
    void answersOneAddressABurstAndThenItsRate() {
        for (int i = 0; i < 2000; i++) {
            assertThat(isAnswered(address("198.51.100.7", 20_000 + i), "n" + i)).isTrue();
        }
        assertThat(isAnswered(PEER, "one more")).isFalse();
        assertThat(rule()).isEqualTo(Rule.RATE);
        assertThat(isAnswered(address("198.51.100.8", 1024), "another")).isTrue();
        now += SECOND / 1000 - 1;
        assertThat(isAnswered(PEER, "a nanosecond early")).isFalse();
        now += 1;
        assertThat(isAnswered(PEER, "in time")).isTrue();
        assertThat(isAnswered(PEER, "no more")).isFalse();
        now += SECOND;
        for (int i = 0; i < 1000; i++) {
            assertThat(isAnswered(PEER, "m" + i)).isTrue();
        }
        assertThat(isAnswered(PEER, "no more again")).isFalse();
    }

    @Test
    void countsIpv6ByItsNetwork() {
        for (int i = 0; i < 2000; i++) {
            String host = "2001:db8:0:1::" + Integer.toHexString(i + 1);
            assertThat(isAnswered(address(host, 20_000), "x")).isTrue();
        }
        assertThat(isAnswered(address("2001:db8:0:1:ffff::1", 20_000), "x")).isFalse();
        assertThat(isAnswered(address("2001:db8:0:2::1", 20_000), "x")).isTrue();
    }

    @Test
    void countsNeitherLoopbackNorUnixPeersNorTheProven() {
        for (int i = 0; i < 2500; i++) {
            assertThat(isAnswered(address("127.0.0.1", 20_000), "n" + i)).isTrue();
            assertThat(isAnswered(address("::1", 20_000), "n" + i)).isTrue();
            var unix = new DomainSocketAddress("/tmp/peer");
            channel.writeInbound(new DomainDatagramPacket(bytes("n" + i), new DomainSocketAddress("/tmp/self"), unix));
            DomainDatagramPacket toUnix = channel.readOutbound();
            toUnix.release();
            channel.writeOutbound(DatagramAnswer.to(PEER, 5, bytes("n" + i), DatagramAnswer.Trust.PROVEN));
            DatagramPacket toProven = channel.readOutbound();
            toProven.release();
        }
        assertThat(isAnswered(PEER, "and the rate is untouched")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 8, 127, 128, 1400})
    void knowsItsAnswerAgainWhateverTheBuffersAre(int length) {
        InetSocketAddress loopback = address("127.0.0.1", 20_000);
        String text = "y".repeat(length - 1) + "z";
        for (int i = 0; i < 8; i++) {
            assertThat(isAnswered(loopback, text)).isTrue();
        }
        ByteBuf halves = Unpooled.wrappedBuffer(bytes(text.substring(0, 3)), bytes(text.substring(3)));
        channel.writeInbound(new DatagramPacket(halves, SELF, loopback)); // the eighth return: of two parts
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(events).first().isInstanceOf(Muted.class);
        assertThat(isAnswered(address("127.0.0.1", 20_001), text)).isTrue();
        for (int i = 0; i < 8; i++) {
            ByteBuf direct = Unpooled.directBuffer().writeBytes(text.getBytes(UTF_8));
            channel.writeInbound(new DatagramPacket(direct, SELF, address("127.0.0.1", 20_001)));
            DatagramPacket answer = channel.readOutbound();
            assertThat(answer == null).isEqualTo(i == 7);
            if (answer != null) {
                answer.release();
            }
        }
    }

    @Test
    void mutesAPeerAtTheEighthDatagramThatIsOurLastAnswer() {
        InetSocketAddress loopback = address("127.0.0.1", 20_000);
        assertThat(isAnswered(loopback, "x")).isTrue();
        for (int i = 1; i <= 7; i++) {
            assertThat(isAnswered(loopback, "x")).as("return %d", i).isTrue();
        }
        assertThat(events).isEmpty();
        assertThat(isAnswered(loopback, "x")).isFalse();
        assertThat(events)
                .containsExactly(new Muted(loopback, Duration.ofSeconds(60)), new Refused(Rule.LOOP, loopback, 1));
        assertThat(isAnswered(loopback, "something else")).isFalse();
        assertThat(isAnswered(address("127.0.0.1", 20_001), "x")).isTrue();
        now += 60 * SECOND - 1;
        assertThat(isAnswered(loopback, "x")).isFalse();
        now += 1;
        assertThat(isAnswered(loopback, "x")).isTrue();
        for (int i = 1; i <= 7; i++) {
            assertThat(isAnswered(loopback, "x")).isTrue();
        }
        assertThat(isAnswered(loopback, "x")).isFalse();
    }

    @Test
    void doesNotMuteAPeerThatSaysSomethingElseInBetween() {
        for (int round = 0; round < 10; round++) {
            assertThat(isAnswered(PEER, "other " + round)).isTrue();
            for (int i = 1; i <= 8; i++) {
                assertThat(isAnswered(PEER, "x")).isTrue();
            }
        }
        assertThat(events).isEmpty();
    }

    @Test
    void tellsDatagramsApartByEachByteAndByLength() {
        for (int length = 0; length < 40; length++) {
            for (int i = 0; i < 20; i++) {
                String text = "a".repeat(length);
                String other = length == 0 ? "b" : "a".repeat(length - 1) + (i % 2 == 0 ? "b" : "a");
                assertThat(isAnswered(PEER, i % 2 == 0 ? text : other + (i % 4 == 1 ? "" : "c")))
                        .isTrue();
            }
        }
        assertThat(events).isEmpty();
    }

    @Test
    void refusesWhatNobodyAskedFor() {
        channel.writeOutbound(new DatagramPacket(bytes("x"), PEER));
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(events).containsExactly(new Refused(Rule.UNASKED, PEER, 1));
    }

    @Test
    void sendsALateAnswerUnderTheSameRules() {
        channel.writeOutbound(DatagramAnswer.to(PEER, 3, bytes("abc"), DatagramAnswer.Trust.NONE));
        DatagramPacket answer = channel.readOutbound();
        assertThat(answer.recipient()).isEqualTo(PEER);
        answer.release();
        channel.writeOutbound(DatagramAnswer.to(PEER, 3, bytes("abcd"), DatagramAnswer.Trust.PROVEN));
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(rule()).isEqualTo(Rule.SIZE);
    }

    @Test
    void passesOnWhatItDoesNotUnderstand() {
        channel.pipeline().removeLast();
        channel.pipeline().removeLast();
        assertThat(channel.writeInbound("text")).isTrue();
        assertThat(channel.<String>readInbound()).isEqualTo("text");
        assertThat(channel.writeOutbound("text")).isTrue();
        assertThat(channel.<String>readOutbound()).isEqualTo("text");
    }

    @Test
    void aFloodFromForgedPortsStarvesNobodyAndUnmutesNobody() {
        InetSocketAddress loop = address("127.0.0.1", 20_000);
        for (int i = 0; i < 9; i++) {
            isAnswered(loop, "x");
        }
        for (int round = 0; round < 3; round++) {
            for (int port = 1024; port < 65_536; port++) {
                if (port != SELF.getPort() && port != loop.getPort() && !GuardOptions.REFUSED_PORTS.contains(port)) {
                    assertThat(isAnswered(address("127.0.0.1", port), "f" + round))
                            .isTrue();
                }
            }
            assertThat(isAnswered(loop, "x")).isFalse();
            assertThat(isAnswered(address("127.0.0.2", 20_000), "not starved " + round))
                    .isTrue();
        }
    }
}
