package io.ntk.tcp.chat.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.chat.client.ReceivedMessage.Place;
import org.junit.jupiter.api.Test;

class SeenMessagesTest {
    private final SeenMessages seen = new SeenMessages();

    @Test
    void tellsWhatWasSeenAndWhatIsMissing() {
        assertThat(seen.note(new Place("run", "tea", 5))).isZero();
        assertThat(seen.note(new Place("run", "tea", 6))).isZero();
        assertThat(seen.note(new Place("run", "tea", 6))).isEqualTo(-1);
        assertThat(seen.note(new Place("run", "tea", 2))).isEqualTo(-1);
        assertThat(seen.note(new Place("run", "tea", 10))).isEqualTo(3);
    }

    @Test
    void keepsRoomsAndRunsApart() {
        assertThat(seen.note(new Place("run", "tea", 5))).isZero();
        assertThat(seen.note(new Place("run", "coffee", 5))).isZero();
        assertThat(seen.note(new Place("next", "tea", 1))).isZero();
    }

    @Test
    void forgetsTheRoomThatWasQuietForLongest() {
        for (int i = 0; i < SeenMessages.MAX_ROOMS; i++) {
            seen.note(new Place("run", "room" + i, 5));
        }
        assertThat(seen.note(new Place("run", "room0", 5))).isEqualTo(-1); // and is the youngest now
        seen.note(new Place("run", "one more", 5));
        assertThat(seen.note(new Place("run", "room0", 5))).isEqualTo(-1);
        assertThat(seen.note(new Place("run", "room1", 5))).isZero();
    }
}
