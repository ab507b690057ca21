package io.ntk.tcp.chat;

import io.ntk.core.JsonWriter;
import org.jspecify.annotations.Nullable;

/** Provisional. */
public record ChatMessage(String time, String run, long seq, String room, String type, String from, String text) {
    String toJson() {
        return new JsonWriter()
                .field("v", 1)
                .field("time", time)
                .field("run", run)
                .field("seq", seq)
                .field("room", room)
                .field("type", type)
                .field("from", from)
                .field("text", text)
                .toString();
    }

    static @Nullable ChatMessage parse(String line) {
        var read = io.ntk.tcp.chat.client.ChatMessage.parse(line);
        return read == null || read.place() == null
                ? null
                : new ChatMessage(
                        read.time(),
                        read.place().run(),
                        read.place().seq(),
                        read.room(),
                        read.type(),
                        read.from(),
                        read.text());
    }

    static String time(java.time.Instant at) {
        return at.toString();
    }
}
