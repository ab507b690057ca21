package io.ntk.tcp.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.tcp.chat.client.ReceivedMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a transcript holds when it is opened: read once from start to end, and cut behind its last line end.
 *
 * <p>Only the last lines of each room are kept while reading, as bytes; they are taken apart at the end.
 */
final class TranscriptFile {
    /** Rooms that are remembered; of more than these, those that were silent for longest are left out. */
    static final int MAX_ROOMS = 10_000;

    private static final int READ_BYTES = 256 * 1024;
    /** No line that was written is longer: 4 KiB of text in JSON escapes, names, and the fixed part. */
    private static final int MAX_LINE_BYTES = 64 * 1024;

    private static final byte[] ROOM = "\"room\":\"".getBytes(UTF_8);
    private static final byte[] SEQ = "\"seq\":".getBytes(UTF_8);
    private static final byte[] LAST_SEQ = "\"lastSeq\":".getBytes(UTF_8);

    private static final byte[] MESSAGE = "\"type\":\"message\"".getBytes(UTF_8);
    private static final byte[] ACTION = "\"type\":\"action\"".getBytes(UTF_8);

    /** The last messages and actions of a room, the oldest first, and the highest number of all its lines. */
    private static final class Room {
        private final Deque<byte[]> lines = new ArrayDeque<>();
        private long seq;

        ChatTranscript.Past past() {
            return new ChatTranscript.Past(
                    seq,
                    lines.stream()
                            .map(TranscriptFile::message)
                            .flatMap(Optional::stream)
                            .toList());
        }
    }

    private final FileChannel file;
    private final int history;
    private final int maxKeptBytes;
    private final Map<String, Room> rooms = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Room> eldest) {
            boolean tooMany = size() > MAX_ROOMS;
            if (tooMany) {
                eldest.getValue().lines.forEach(line -> keptBytes -= line.length);
            }
            return tooMany;
        }
    };
    private long keptBytes;
    private byte[] rest = new byte[0];
    private boolean first = true;
    private long unreadable;

    private TranscriptFile(FileChannel file, int history, int maxKeptBytes) {
        this.file = file;
        this.history = history;
        this.maxKeptBytes = maxKeptBytes;
    }

    /**
     * Reads a transcript and cuts what is behind its last line end. Afterwards the channel stands at the end.
     *
     * @param file open for reading and writing
     * @param history how many lines of each room are kept
     * @param maxKeptBytes how much history is kept in all; of numbers all are
     * @return its rooms
     * @throws IOException if it cannot be read, or is no transcript; it is left as it is then
     */
    static TranscriptFile read(FileChannel file, int history, int maxKeptBytes) throws IOException {
        TranscriptFile read = new TranscriptFile(file, history, maxKeptBytes);
        long size = read.lines();
        if (read.first && read.rest.length > 0 && read.rest[0] != '{') {
            throw notOurs();
        }
        long torn = read.rest.length;
        if (torn > 0) {
            file.truncate(size - torn);
        }
        file.position(size - torn);
        return read;
    }

    Map<String, ChatTranscript.Past> past() {
        Map<String, ChatTranscript.Past> past = new LinkedHashMap<>();
        rooms.forEach((name, room) -> past.put(name, room.past()));
        return Collections.unmodifiableMap(past);
    }

    /** Bytes that were cut from the end. */
    int cut() {
        return rest.length;
    }

    /** Lines that are no lines of a transcript. */
    long unreadable() {
        return unreadable;
    }

    private long lines() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
        long at = 0;
        for (int n = file.read(buffer, at); n >= 0; n = file.read(buffer, at)) {
            at += n;
            split(buffer.array(), n);
            buffer.clear();
        }
        return at;
    }

    private void split(byte[] bytes, int length) throws IOException {
        int start = 0;
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '\n') {
                line(joined(bytes, start, i));
                rest = new byte[0];
                start = i + 1;
            }
        }
        rest = joined(bytes, start, length);
        if (rest.length > MAX_LINE_BYTES) {
            throw notOurs();
        }
    }

    private byte[] joined(byte[] bytes, int start, int end) {
        if (rest.length == 0) {
            return Arrays.copyOfRange(bytes, start, end);
        }
        byte[] both = Arrays.copyOf(rest, rest.length + end - start);
        System.arraycopy(bytes, start, both, rest.length, end - start);
        return both;
    }

    private void line(byte[] line) throws IOException {
        String room = room(line);
        long seq = Math.max(number(line, SEQ), number(line, LAST_SEQ));
        if (room == null || seq < 0) {
            if (first) {
                throw notOurs();
            }
            unreadable++;
            return;
        }
        first = false;
        Room known = rooms.computeIfAbsent(room, name -> new Room());
        known.seq = Math.max(known.seq, seq);
        if (find(line, MESSAGE) >= 0 || find(line, ACTION) >= 0) {
            known.lines.add(line);
            keptBytes += line.length;
        }
        if (known.lines.size() > history) {
            keptBytes -= known.lines.remove().length;
        }
        if (keptBytes > maxKeptBytes) {
            forgetOldest();
        }
    }

    /** Lets go of the history of rooms that were silent for longest, until half of what may be kept is left. */
    private void forgetOldest() {
        for (Room room : rooms.values()) {
            if (keptBytes <= maxKeptBytes / 2) {
                break;
            }
            room.lines.forEach(line -> keptBytes -= line.length);
            room.lines.clear();
        }
    }

    /* The client's reader takes the line apart: it is the json format. */
    private static Optional<ChatMessage> message(byte[] line) {
        var read = ReceivedMessage.parse(new String(line, UTF_8));
        var place = read == null ? null : read.place();
        if (read == null || place == null) {
            return Optional.empty();
        }
        var type = read.type().equals("action") ? ChatMessage.Type.ACTION : ChatMessage.Type.MESSAGE;
        try {
            Instant time = Instant.parse(read.time());
            return Optional.of(
                    new ChatMessage(time, place.run(), place.seq(), place.room(), type, read.from(), read.text()));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static IOException notOurs() {
        return new IOException("not a transcript (it is left as it is)");
    }

    /** Fields in front of those that members can fill, so that the first match is the right one. */
    private static @Nullable String room(byte[] line) {
        int start = find(line, ROOM);
        if (start < 0 || line[0] != '{' || line[line.length - 1] != '}') {
            return null;
        }
        int end = start;
        while (end < line.length && line[end] != '"') {
            end++;
        }
        return checked(new String(line, start, end - start, UTF_8));
    }

    /** A name that was edited by hand must not stop the server. */
    private static @Nullable String checked(String room) {
        try {
            return Nick.parse(room).name();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static long number(byte[] line, byte[] name) {
        int at = find(line, name);
        if (at < 0) {
            return -1;
        }
        long number = 0;
        int digits = 0;
        for (; at < line.length && line[at] >= '0' && line[at] <= '9' && digits < 18; at++, digits++) {
            number = 10 * number + line[at] - '0';
        }
        return digits == 0 ? -1 : number;
    }

    /** Where a name ends in a line, or -1. */
    private static int find(byte[] line, byte[] name) {
        for (int i = 0; i + name.length <= line.length; i++) {
            if (line[i] == name[0] && Arrays.equals(line, i, i + name.length, name, 0, name.length)) {
                return i + name.length;
            }
        }
        return -1;
    }
}
