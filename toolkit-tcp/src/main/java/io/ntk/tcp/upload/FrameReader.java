package io.ntk.tcp.upload;

import io.netty.buffer.ByteBuf;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one whole frame, checked each by itself: what is right here may still come at a wrong time. A field that is
 * wrong is an {@link UploadProtocolException}; one that is missing an {@link IndexOutOfBoundsException}. Nothing is allocated
 * for a length that the frame does not have.
 */
final class FrameReader {
    private FrameReader() {}

    /** Reads a frame whose length field has been passed over; nothing of it is kept. */
    static UploadFrame read(ByteBuf in) {
        int code = in.readUnsignedByte();
        FrameType type = FrameType.of(code);
        if (type == null) {
            throw wrong("type 0x%02x, which there is not".formatted(code));
        }
        int flags = in.readUnsignedByte();
        if ((flags & ~type.flags()) != 0) {
            throw wrong(type + " with flags 0x%02x".formatted(flags));
        }
        if (in.readUnsignedShort() != 0) {
            throw wrong(type + " with reserved bits set");
        }
        long stream = in.readUnsignedInt();
        boolean fits =
                switch (type.scope()) {
                    case CONNECTION -> stream == 0;
                    case FILE -> (stream & 1) == 1;
                    case ANY -> stream == 0 || (stream & 1) == 1;
                };
        if (!fits) {
            throw wrong(type + " on stream " + stream);
        }
        return switch (type) {
            case HELLO -> hello(in);
            case HELLO_ACK -> helloAck(in);
            case AUTH -> new UploadFrame.Auth(last(in, octets(in, 32)));
            case AUTH_OK -> new UploadFrame.AuthOk(last(in, octets(in, 32)));
            case OPEN -> open(stream, flags, in);
            case OPENED -> opened(stream, flags, in);
            case DATA -> data(stream, flags, in);
            case ACK ->
                last(
                        in,
                        new UploadFrame.Ack(stream, in.readUnsignedInt(), length(in), length(in), count(in, "credit")));
            case NAK -> nak(stream, in);
            case COMMIT -> commit(stream, in);
            case DONE -> done(in);
            case PUT -> put(stream, in);
            case MKDIR -> makeFolder(stream, in);
            case ABORT ->
                last(in, new UploadFrame.Abort(stream, in.readUnsignedInt(), in.readUnsignedShort(), truth(in)));
            case PING -> last(in, new UploadFrame.Ping(in.readLong()));
            case PONG -> last(in, new UploadFrame.Pong(in.readLong()));
            case GOAWAY ->
                last(in, new UploadFrame.GoAway(in.readUnsignedInt(), in.readUnsignedShort(), in.readUnsignedInt()));
            case ERROR -> error(stream, in);
        };
    }

    private static UploadFrame hello(ByteBuf in) {
        int min = in.readUnsignedByte();
        int max = in.readUnsignedByte();
        zero(in.readUnsignedShort());
        return new UploadFrame.Hello(
                min,
                max,
                in.readLong(),
                in.readUnsignedInt(),
                in.readUnsignedInt(),
                octets(in, 32),
                extensions(in, any -> true));
    }

    private static UploadFrame helloAck(ByteBuf in) {
        int version = in.readUnsignedByte();
        boolean key = truth(in);
        int streams = in.readUnsignedShort();
        long capabilities = in.readLong();
        int frame = count(in, "frame");
        int inline = count(in, "inline");
        int min = count(in, "segment");
        int max = count(in, "segment");
        int credit = count(in, "credit");
        long file = length(in);
        int heartbeat = in.readUnsignedShort();
        zero(in.readUnsignedShort());
        int ttl = count(in, "time");
        return new UploadFrame.HelloAck(
                version,
                key,
                streams,
                capabilities,
                frame,
                inline,
                min,
                max,
                credit,
                file,
                heartbeat,
                ttl,
                octets(in, 32),
                extensions(in, any -> true));
    }

    private static UploadFrame open(long stream, int flags, ByteBuf in) {
        boolean optimistic = (flags & FrameType.OPTIMISTIC) != 0;
        boolean resume = (flags & FrameType.RESUME) != 0;
        require(!optimistic || !resume, "OPEN that is optimistic and resumes");
        Fields fields = new Fields(in);
        var start = optimistic
                ? UploadFrame.Start.OPTIMISTIC
                : resume ? UploadFrame.Start.RESUME : UploadFrame.Start.NORMAL;
        return new UploadFrame.Open(stream, start, fields.request(sha256(in)));
    }

    private static UploadFrame put(long stream, ByteBuf in) {
        Fields fields = new Fields(in);
        int crc = in.readInt();
        Octets data = octets(in, count(in, "data"));
        require(fields.size == data.size(), "PUT of " + data.size() + " bytes that says " + fields.size);
        return new UploadFrame.Put(stream, fields.request(sha256(in)), crc, data);
    }

    private static UploadFrame makeFolder(long stream, ByteBuf in) {
        int mode = in.readUnsignedShort();
        int pathBytes = in.readUnsignedShort();
        Instant modified = instant(in);
        return last(
                in, new UploadFrame.MakeFolder(stream, new UploadFrame.Folder(mode, modified, text(in, pathBytes))));
    }

    /** The fields that OPEN and PUT begin with. */
    private static final class Fields {
        private final Octets key;
        private final long size;
        private final int segment;
        private final int mode;
        private final OnExists policy;
        private final Durability durability;
        private final Instant modified;
        private final long epoch;
        private final String path;

        Fields(ByteBuf in) {
            key = octets(in, UploadRequest.KEY_BYTES);
            size = in.readLong();
            require(size >= UploadRequest.UNKNOWN_SIZE, "a size of more than 2^63 bytes");
            segment = count(in, "segment");
            mode = in.readUnsignedShort();
            policy = known(OnExists.of(in.readUnsignedByte()), "policy");
            durability = known(Durability.of(in.readUnsignedByte()), "durability");
            modified = instant(in);
            epoch = in.readUnsignedInt();
            zero(in.readUnsignedShort());
            path = text(in, in.readUnsignedShort());
        }

        UploadRequest request(@Nullable Octets sha256) {
            return new UploadRequest(key, size, segment, mode, policy, durability, modified, epoch, path, sha256);
        }
    }

    private static UploadFrame opened(long stream, int flags, ByteBuf in) {
        long epoch = in.readUnsignedInt();
        UploadFrame.State state = known(UploadFrame.State.of(in.readUnsignedByte()), "state");
        OnExists policy = known(OnExists.of(in.readUnsignedByte()), "policy");
        zero(in.readUnsignedShort());
        int segment = count(in, "segment");
        int verified = count(in, "segments");
        long contiguous = length(in);
        zero(in.readInt());
        List<UploadFrame.Range> ranges = new ArrayList<>();
        List<UploadFrame.Crcs> crcs = new ArrayList<>();
        for (UploadFrame.Extension extension : extensions(in, FrameReader::isList)) {
            ByteBuffer value = extension.value().buffer();
            if (extension.type() == UploadFrame.Extension.RANGES) {
                require(value.remaining() % 8 == 0, "ranges that are no pairs");
                while (value.hasRemaining()) {
                    ranges.add(new UploadFrame.Range(count(value), count(value)));
                }
            } else if (extension.type() == UploadFrame.Extension.CRCS) {
                require(value.remaining() >= 4 && value.remaining() % 4 == 0, "CRCs that are no numbers");
                int first = count(value);
                List<Integer> each = new ArrayList<>();
                while (value.hasRemaining()) {
                    each.add(value.getInt());
                }
                crcs.add(new UploadFrame.Crcs(first, each));
            }
        }
        boolean more = (flags & FrameType.MORE) != 0;
        return new UploadFrame.Opened(stream, epoch, state, policy, segment, verified, contiguous, ranges, crcs, more);
    }

    private static boolean isList(int extension) {
        return extension == UploadFrame.Extension.RANGES || extension == UploadFrame.Extension.CRCS;
    }

    private static UploadFrame data(long stream, int flags, ByteBuf in) {
        require(flags == FrameType.RAW, "DATA without the flag RAW");
        long offset = length(in);
        int raw = count(in, "raw");
        int crc = in.readInt();
        require(raw > 0, "DATA of no bytes");
        require(!in.isReadable(), "DATA with more than its fixed fields");
        return new UploadFrame.Data(stream, offset, raw, crc);
    }

    private static UploadFrame nak(long stream, ByteBuf in) {
        long epoch = in.readUnsignedInt();
        int count = in.readUnsignedShort();
        require(count <= UploadFrame.Nak.MAX_SEGMENTS, "NAK of " + count + " segments");
        zero(in.readUnsignedShort());
        List<UploadFrame.Refused> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            segments.add(new UploadFrame.Refused(in.readUnsignedInt(), in.readUnsignedShort()));
            zero(in.readUnsignedShort());
        }
        return last(in, new UploadFrame.Nak(stream, epoch, segments));
    }

    private static UploadFrame commit(long stream, ByteBuf in) {
        long size = length(in);
        int algorithm = in.readUnsignedByte();
        return last(in, new UploadFrame.Commit(stream, size, digest(in, algorithm, in.readUnsignedByte())));
    }

    private static UploadFrame done(ByteBuf in) {
        int count = in.readUnsignedShort();
        require(count <= UploadFrame.Done.MAX_RESULTS, "DONE of " + count + " files");
        List<UploadFrame.Result> results = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long stream = in.readUnsignedInt();
            int code = in.readUnsignedShort();
            int flags = in.readUnsignedByte();
            int algorithm = in.readUnsignedByte();
            long size = length(in);
            int crc = in.readInt();
            int digestBytes = in.readUnsignedByte();
            zero(in.readUnsignedByte());
            int nameBytes = in.readUnsignedShort();
            Octets sha256 = digest(in, algorithm, digestBytes);
            results.add(new UploadFrame.Result(stream, code, flags, size, crc, sha256, text(in, nameBytes)));
        }
        return last(in, new UploadFrame.Done(results));
    }

    private static UploadFrame error(long stream, ByteBuf in) {
        int code = in.readUnsignedShort();
        UploadError.Retry retry = known(UploadError.Retry.of(in.readUnsignedByte()), "retry");
        zero(in.readUnsignedByte());
        long after = in.readUnsignedInt();
        long expected = in.readLong();
        long provided = in.readLong();
        int messageBytes = in.readUnsignedShort();
        require(messageBytes <= UploadFrame.Failure.MAX_MESSAGE_BYTES, "a message of " + messageBytes + " bytes");
        return last(
                in, new UploadFrame.Failure(stream, code, retry, after, expected, provided, text(in, messageBytes)));
    }

    private static @Nullable Octets digest(ByteBuf in, int algorithm, int bytes) {
        require(
                (algorithm == 0 && bytes == 0) || (algorithm == 1 && bytes == 32),
                "a digest of algorithm " + algorithm + " and " + bytes + " bytes");
        return algorithm == 0 ? null : octets(in, 32);
    }

    /** Goes through the extensions, of which this type has none that is known. */
    private static <T> T last(ByteBuf in, T value) {
        extensions(in, none -> false);
        return value;
    }

    /** Those of some types, which of the first frames is all, since the proofs cover them; others cost nothing. */
    private static List<UploadFrame.Extension> extensions(ByteBuf in, IntPredicate wanted) {
        if (!in.isReadable()) {
            return List.of();
        }
        List<UploadFrame.Extension> extensions = new ArrayList<>();
        while (in.isReadable()) {
            int type = in.readUnsignedShort();
            int bytes = in.readUnsignedShort();
            require((type & UploadFrame.Extension.CRITICAL) == 0, "an extension that must be understood: " + type);
            if (wanted.test(type)) {
                extensions.add(new UploadFrame.Extension(type, octets(in, bytes)));
            } else {
                within(in, bytes);
                in.skipBytes(bytes);
            }
        }
        return extensions;
    }

    /** The digest among the extensions; where there are several, the first. */
    private static @Nullable Octets sha256(ByteBuf in) {
        var digests = extensions(in, type -> type == UploadFrame.Extension.SHA256);
        if (digests.isEmpty()) {
            return null;
        }
        Octets first = digests.get(0).value();
        require(first.size() == 32, "a SHA-256 of " + first.size() + " bytes");
        return first;
    }

    private static void within(ByteBuf in, int count) {
        require(count <= in.readableBytes(), "a field that goes beyond its frame");
    }

    private static Octets octets(ByteBuf in, int count) {
        within(in, count); // before anything is allocated for it
        Octets octets = Octets.of(in.nioBuffer(in.readerIndex(), count));
        in.skipBytes(count);
        return octets;
    }

    private static String text(ByteBuf in, int bytes) {
        ByteBuffer utf8 = octets(in, bytes).buffer();
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw wrong("a text that is not UTF-8");
        }
    }

    private static Instant instant(ByteBuf in) {
        long seconds = in.readLong();
        long nanos = in.readUnsignedInt();
        require(nanos < 1_000_000_000, "a time of " + nanos + " ns");
        try {
            return Instant.ofEpochSecond(seconds, nanos);
        } catch (DateTimeException e) {
            throw wrong("a time that no calendar has");
        }
    }

    private static int count(ByteBuf in, String what) {
        long value = in.readUnsignedInt();
        require(value <= Integer.MAX_VALUE, what + " of " + value);
        return (int) value;
    }

    private static int count(ByteBuffer in) {
        int value = in.getInt();
        require(value >= 0, "a segment number of more than 2^31");
        return value;
    }

    private static long length(ByteBuf in) {
        long value = in.readLong();
        require(value >= 0, "a length of more than 2^63 bytes");
        return value;
    }

    private static boolean truth(ByteBuf in) {
        int value = in.readUnsignedByte();
        require(value <= 1, "a truth of " + value);
        return value == 1;
    }

    private static void zero(int value) {
        require(value == 0, "reserved bits set");
    }

    private static <T> T known(@Nullable T value, String what) {
        if (value == null) {
            throw wrong("a " + what + " that there is not");
        }
        return value;
    }

    private static UploadProtocolException wrong(String message) {
        return new UploadProtocolException(UploadError.PROTOCOL, message);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw wrong(message);
        }
    }
}
