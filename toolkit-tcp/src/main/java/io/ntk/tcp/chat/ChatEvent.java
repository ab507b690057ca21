package io.ntk.tcp.chat;

import io.ntk.core.JsonWriter;
import io.ntk.core.NetListener;
import io.ntk.core.ProtocolEvent;

/** What happens in a chat. What was said is told to listeners that are a {@link Listener} alone. */
public sealed interface ChatEvent extends ProtocolEvent {
    /** The name of the service in events. */
    String SERVICE = "chat";

    @Override
    default String service() {
        return SERVICE;
    }

    /** A listener that wants to hear what was said, too. */
    @FunctionalInterface
    interface Listener extends NetListener {
        /**
         * Makes any listener one that wants to hear what was said.
         *
         * @param listener the listener
         * @return a listener that tells it everything
         */
        static Listener of(NetListener listener) {
            return listener::on;
        }
    }

    /**
     * A member came into a room.
     *
     * @param peer the member's address
     * @param nick its name
     * @param room the room
     */
    record Join(String peer, String nick, String room) implements ChatEvent {
        @Override
        public String name() {
            return "join";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("nick", nick).field("room", room);
        }
    }

    /**
     * A member left a room.
     *
     * @param peer the member's address
     * @param nick its name
     * @param room the room
     */
    record Leave(String peer, String nick, String room) implements ChatEvent {
        @Override
        public String name() {
            return "leave";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("nick", nick).field("room", room);
        }
    }

    /**
     * A member said something to a room.
     *
     * @param peer the member's address
     * @param message what it said; hostile until escaped
     */
    record Message(String peer, ChatMessage message) implements ChatEvent {
        @Override
        public String name() {
            return "message";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer)
                    .field("nick", message.from())
                    .field("room", message.room())
                    .field("seq", message.seq())
                    .field("type", message.type().toString())
                    .field("text", message.text());
        }
    }

    /**
     * A member does not keep up: more waits for it than may.
     *
     * @param peer the member's address
     * @param nick its name
     * @param bytes what waits
     */
    record Slow(String peer, String nick, long bytes) implements ChatEvent {
        @Override
        public String name() {
            return "slow";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("nick", nick).field("bytes", bytes);
        }
    }

    /**
     * A member reads again, and was told what it missed.
     *
     * @param peer the member's address
     * @param nick its name
     * @param room where
     * @param count how many messages it missed
     * @param firstSeq the number of the first
     * @param lastSeq the number of the last
     */
    record Skipped(String peer, String nick, String room, long count, long firstSeq, long lastSeq)
            implements ChatEvent {
        @Override
        public String name() {
            return "skipped";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer)
                    .field("nick", nick)
                    .field("room", room)
                    .field("count", count)
                    .field("firstSeq", firstSeq)
                    .field("lastSeq", lastSeq);
        }
    }

    /**
     * A member was disconnected because it does not take what it is sent.
     *
     * @param peer the member's address
     * @param nick its name
     * @param reason why, in a few words
     */
    record Dropped(String peer, String nick, String reason) implements ChatEvent {
        @Override
        public String name() {
            return "dropped";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("nick", nick).field("reason", reason);
        }
    }

    /**
     * A member speaks faster than it may, and is slowed down; told once for each.
     *
     * @param peer the member's address
     * @param nick its name
     */
    record Flooding(String peer, String nick) implements ChatEvent {
        @Override
        public String name() {
            return "flood";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("peer", peer).field("nick", nick);
        }
    }
}
