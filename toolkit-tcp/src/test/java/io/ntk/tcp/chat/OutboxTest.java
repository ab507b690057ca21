package io.ntk.tcp.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.ntk.core.CloseCause;
import io.ntk.testsupport.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class OutboxTest {
    private static final Pattern SKIPPED = Pattern.compile("\\* (\\d+) messages? skipped");
    private static final Pattern JSON_SKIPPED =
            Pattern.compile(".*\"type\":\"skipped\",\"count\":(\\d+),\"firstSeq\":(\\d+),\"lastSeq\":(\\d+)}");

    @ParameterizedTest
    @EnumSource(
            value = ChatFormat.class,
            names = {"PLAIN", "JSON"})
    void dropsTheOldestAndTellsExactlyHowMany(ChatFormat format) {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS.withSlow(16 * 1024, RoomOptions.Slow.DROP))) {
            EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
            EmbeddedChannel bob = chat.join("bob", format);
            Chatters.Stuck stuck = new Chatters.Stuck();
            bob.pipeline().addFirst(stuck);
            for (int i = 1; i <= 2000; i++) {
                chat.send(ann, "%04d".formatted(i) + "x".repeat(100) + "\n");
            }
            assertThat(chat.rooms.who().get(1).waiting()).isBetween(15 * 1024, 16 * 1024);
            bob.pipeline().remove(stuck);
            bob.flush();
            chat.settle();
            List<Integer> seen = new ArrayList<>();
            int skipped = 0;
            for (String line : Chatters.lines(bob)) {
                Matcher gap = (format == ChatFormat.PLAIN ? SKIPPED : JSON_SKIPPED).matcher(line);
                if (gap.matches()) {
                    skipped += Integer.parseInt(gap.group(1));
                    if (format == ChatFormat.JSON) {
                        long first = Long.parseLong(gap.group(2));
                        assertThat(Long.parseLong(gap.group(3)) - first + 1).isEqualTo(skipped);
                        assertThat(first).isEqualTo(seen.size() + 5L); // two joins and two names come before
                    }
                } else {
                    Matcher number = Pattern.compile("(\\d{4})x+").matcher(line);
                    assertThat(number.find()).isTrue();
                    int value = Integer.parseInt(number.group(1));
                    assertThat(value).isEqualTo(seen.isEmpty() ? 1 : seen.size() + skipped + 1);
                    seen.add(value);
                }
            }
            assertThat(seen.size() + skipped).isEqualTo(2000);
            assertThat(skipped).isPositive();
            assertThat(chat.events).filteredOn(ChatEvent.Slow.class::isInstance).hasSize(1);
            int told = skipped;
            assertThat(chat.events)
                    .filteredOn(ChatEvent.Skipped.class::isInstance)
                    .singleElement()
                    .satisfies(event ->
                            assertThat(((ChatEvent.Skipped) event).count()).isEqualTo(told));
        }
    }

    @Test
    void disconnectsWhoDoesNotKeepUpWhenToldTo() {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS.withSlow(16 * 1024, RoomOptions.Slow.DISCONNECT))) {
            EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
            EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
            bob.pipeline().addFirst(new Chatters.Stuck());
            for (int i = 1; i <= 1000 && bob.isOpen(); i++) {
                chat.send(ann, "x".repeat(100) + "\n");
            }
            chat.settle();
            assertThat(bob.isOpen()).isFalse();
            assertThat(CloseCause.of(bob)).isEqualTo(CloseCause.STALLED);
            assertThat(Chatters.lines(ann)).containsExactly("* bob left");
        }
    }

    @Test
    void neverDropsReplies() {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS.withSlow(16 * 1024, RoomOptions.Slow.DROP))) {
            EmbeddedChannel ann = chat.join("ann", ChatFormat.PLAIN);
            EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
            Chatters.Stuck stuck = new Chatters.Stuck();
            bob.pipeline().addFirst(stuck);
            for (int i = 1; i <= 1000; i++) {
                chat.send(ann, "x".repeat(100) + "\n");
                if (i % 100 == 0) {
                    chat.send(bob, "/ping\n");
                }
            }
            bob.pipeline().remove(stuck);
            bob.flush();
            chat.settle();
            assertThat(Chatters.lines(bob)).filteredOn("* pong"::equals).hasSize(10);
        }
    }

    @Test
    void readsNoMoreFromWhoDoesNotTakeItsReplies() {
        try (Chatters chat = new Chatters(RoomOptions.DEFAULTS)) {
            EmbeddedChannel bob = chat.join("bob", ChatFormat.PLAIN);
            Chatters.Stuck stuck = new Chatters.Stuck();
            bob.pipeline().addFirst(stuck);
            chat.send(bob, "/help\n".repeat(1000));
            assertThat(bob.config().isAutoRead()).isFalse();
            assertThat(bob.isOpen()).isTrue();
            bob.pipeline().remove(stuck);
            bob.flush();
            for (int i = 0; i < 20; i++) {
                chat.settle();
            }
            assertThat(Chatters.lines(bob)).hasSize(13_000);
            assertThat(bob.config().isAutoRead()).isTrue();
        }
    }
}
