package io.ntk.tcp.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.UnhandledHandler;
import io.ntk.testsupport.LeakCheck;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Changed and joined rows of the table: whatever comes, each answer is whole, the answer is the same however the bytes
 * were cut, and nothing leaks. {@code -Dntk.fuzz.seconds=600 -Dntk.fuzz.seed=7} goes on for that long, with another seed,
 * instead of 10,000 rounds.
 */
@ExtendWith(LeakCheck.class)
class RequestFuzzTest {
    private static final int ROUNDS = 10_000;
    private static final FixedReplies REPLIES = FixedReplies.of(FixedReply.text("Hello, World"));

    @Test
    void answersAlikeHoweverItIsCut(TestReporter reporter) {
        long seed = Long.getLong("ntk.fuzz.seed", 1);
        Duration atLeast = Duration.ofSeconds(Long.getLong("ntk.fuzz.seconds", 0));
        long start = System.nanoTime();
        Random random = new Random(seed);
        int round = 0;
        for (; round < ROUNDS || System.nanoTime() - start < atLeast.toNanos(); round++) {
            byte[] bytes = mutated(random);
            String whole = exchange(bytes, bytes.length);
            String cut = exchange(bytes, random.nextInt(bytes.length + 1));
            assertThat(cut)
                    .describedAs("seed %d, round %d: %s", seed, round, text(bytes))
                    .isEqualTo(whole);
            assertThat(whole).doesNotContain("no reply");
        }
        reporter.publishEntry("rounds", Integer.toString(round));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    private static byte[] mutated(Random random) {
        byte[] bytes = row(random);
        if (random.nextInt(3) == 0) {
            byte[] other = row(random);
            int keep = random.nextInt(bytes.length + 1);
            int from = random.nextInt(other.length + 1);
            byte[] joined = Arrays.copyOf(bytes, keep + other.length - from);
            System.arraycopy(other, from, joined, keep, other.length - from);
            bytes = joined;
        }
        byte[] some = "\r\n \t:;0=,\"\0xA\u00ff".getBytes(ISO_8859_1);
        for (int changes = random.nextInt(3); changes > 0 && bytes.length > 0; changes--) {
            bytes[random.nextInt(bytes.length)] = some[random.nextInt(some.length)];
        }
        return bytes;
    }

    private static byte[] row(Random random) {
        while (true) {
            byte[] bytes = RequestTable.ROWS
                    .get(random.nextInt(RequestTable.ROWS.size()))
                    .bytes();
            if (bytes.length < 2000 && !text(bytes).startsWith("HEAD")) {
                return bytes;
            }
        }
    }

    private static String exchange(byte[] bytes, int cut) {
        var channel = new EmbeddedChannel(
                new StrictHttpHandler(HttpLimits.DEFAULTS, Set.of()),
                new HttpCodec(HttpLimits.DEFAULTS, 0, true),
                new PipelineOrderHandler(HttpLimits.DEFAULTS),
                new FixedResponseHandler(REPLIES),
                new UnhandledHandler());
        channel.writeInbound(Unpooled.copiedBuffer(bytes, 0, cut));
        if (channel.isOpen() && cut < bytes.length) {
            channel.writeInbound(Unpooled.copiedBuffer(bytes, cut, bytes.length - cut));
        }
        if (channel.isOpen()) {
            channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
        byte[] written = RequestTableTest.written(channel);
        assertThat(channel.finish()).isFalse();
        return Replies.summary(written, false);
    }
}
