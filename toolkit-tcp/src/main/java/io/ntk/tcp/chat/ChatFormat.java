package io.ntk.tcp.chat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** How a member is sent what happens; each form ends in LF. */
public enum ChatFormat {
    /** {@code [14:32:47] <ann> hello}; a member does not get its own lines back. */
    PLAIN(0) {
        @Override
        void encode(ByteBuf out, ChatMessage message, String peer) {
            switch (message.type()) {
                case MESSAGE -> write(out, "[", clock(message.time()), "] <", message.from(), "> ", message.text());
                case ACTION -> write(out, "[", clock(message.time()), "] * ", message.from(), " ", message.text());
                case JOIN -> write(out, "* ", message.from(), " joined");
                case LEAVE -> write(out, "* ", message.from(), " left", parting(message.text()));
                case NICK -> write(out, "* ", message.from(), " is now ", message.text());
            }
        }

        @Override
        void notice(ByteBuf out, String type, String room, String text) {
            write(out, "* ", text);
        }

        @Override
        void whisper(ByteBuf out, Instant time, String from, String text) {
            write(out, "[", clock(time), "] <", from, " to you> ", text);
        }

        @Override
        void skipped(ByteBuf out, String room, long count, long firstSeq, long lastSeq) {
            write(out, "* ", Long.toString(count), count == 1 ? " message skipped" : " messages skipped");
        }
    },
    /** A JSON object; a member gets its own messages too. */
    JSON(1) {
        @Override
        void encode(ByteBuf out, ChatMessage message, String peer) {
            write(out, message.toJson());
        }

        @Override
        void notice(ByteBuf out, String type, String room, String text) {
            write(
                    out,
                    ChatMessage.start(Instant.now())
                            .field("room", room)
                            .field("type", type)
                            .field("text", text)
                            .toString());
        }

        @Override
        void whisper(ByteBuf out, Instant time, String from, String text) {
            write(
                    out,
                    ChatMessage.start(time)
                            .field("type", "private")
                            .field("from", from)
                            .field("text", text)
                            .toString());
        }

        @Override
        void skipped(ByteBuf out, String room, long count, long firstSeq, long lastSeq) {
            write(
                    out,
                    ChatMessage.start(Instant.now())
                            .field("room", room)
                            .field("type", "skipped")
                            .field("count", count)
                            .field("firstSeq", firstSeq)
                            .field("lastSeq", lastSeq)
                            .toString());
        }
    },
    /** {@code 2026/11/21 14:32:47 127.0.0.1:50000}, the line, and an empty line; to everybody, and nothing else is told. */
    CLASSIC(2) {
        @Override
        void encode(ByteBuf out, ChatMessage message, String peer) {
            if (message.type() == ChatMessage.Type.MESSAGE || message.type() == ChatMessage.Type.ACTION) {
                write(out, DATE.format(message.time()), " ", peer, "\n", message.text(), "\n");
            }
        }

        @Override
        void notice(ByteBuf out, String type, String room, String text) {
            // Told nothing but lines.
        }

        @Override
        void whisper(ByteBuf out, Instant time, String from, String text) {
            write(out, DATE.format(time), " ", from, "\n", text, "\n");
        }

        @Override
        void skipped(ByteBuf out, String room, long count, long firstSeq, long lastSeq) {
            // Told nothing but lines.
        }
    };

    /** How many formats there are. */
    static final int COUNT = values().length;

    private static final ZoneId ZONE = ZoneId.systemDefault();
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("uuuu/MM/dd HH:mm:ss").withZone(ZONE);

    private final int index;

    ChatFormat(int index) {
        this.index = index;
    }

    /** Its place in tables, from 0. */
    int index() {
        return index;
    }

    /** Writes a numbered message, or nothing where the format does not show its type. */
    abstract void encode(ByteBuf out, ChatMessage message, String peer);

    /** Writes what the server says, of the type {@code notice}, {@code reply} or {@code error}. */
    abstract void notice(ByteBuf out, String type, String room, String text);

    /** Writes a private message. */
    abstract void whisper(ByteBuf out, Instant time, String from, String text);

    /** Writes that messages are missing. */
    abstract void skipped(ByteBuf out, String room, long count, long firstSeq, long lastSeq);

    /** Whether a member is sent its own lines. */
    boolean echoes() {
        return this != PLAIN;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The time of day; formatting it by pattern costs more than all the rest of a line. */
    private static String clock(Instant time) {
        int offset = ZONE.getRules().getOffset(time).getTotalSeconds();
        int second = (int) Math.floorMod(time.getEpochSecond() + offset, 86_400L);
        char[] text = {'0', '0', ':', '0', '0', ':', '0', '0'};
        digits(text, 0, second / 3600);
        digits(text, 3, second / 60 % 60);
        digits(text, 6, second % 60);
        return new String(text);
    }

    private static void digits(char[] text, int at, int value) {
        text[at] = (char) ('0' + value / 10);
        text[at + 1] = (char) ('0' + value % 10);
    }

    private static String parting(String text) {
        return text.isEmpty() ? "" : ": " + text;
    }

    private static void write(ByteBuf out, String... parts) {
        for (String part : parts) {
            ByteBufUtil.writeUtf8(out, part);
        }
        out.writeByte('\n');
    }
}
