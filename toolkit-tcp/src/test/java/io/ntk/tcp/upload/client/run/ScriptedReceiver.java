package io.ntk.tcp.upload.client.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A receiver that does what a test says: the first connection goes by the first script, the next by the second, and so on; each
 * ends with its script. Written from the specification alone, over plain sockets.
 */
final class ScriptedReceiver implements AutoCloseable {
    static final byte[] PREAMBLE = {(byte) 0x89, 'N', 'T', 'U', 'P', '\r', '\n', 0x1a};
    static final int HELLO = 0x01;
    static final int HELLO_ACK = 0x02;
    static final int AUTH = 0x03;
    static final int AUTH_OK = 0x04;
    static final int OPEN = 0x10;
    static final int OPENED = 0x11;
    static final int DATA = 0x12;
    static final int ACK = 0x13;
    static final int NAK = 0x14;
    static final int COMMIT = 0x15;
    static final int DONE = 0x16;
    static final int PUT = 0x17;
    static final int ABORT = 0x19;
    static final int PING = 0x20;
    static final int PONG = 0x21;
    static final int GOAWAY = 0x2E;
    static final int ERROR = 0x2F;
    static final int OPTIMISTIC = 2;
    static final int RESUME = 4;
    static final int SEGMENT = 256 * 1024;
    static final int NEW = 0;
    static final int PARTIAL = 1;

    /** What happens on one connection. */
    interface Script {
        void run(Talk talk) throws IOException;
    }

    /** A frame as it came, with the raw bytes behind it. */
    static final class Frame {
        private final int type;
        private final int flags;
        private final int stream;
        private final byte[] body;
        private final byte[] raw;

        private Frame(int type, int flags, int stream, byte[] body, byte[] raw) {
            this.type = type;
            this.flags = flags;
            this.stream = stream;
            this.body = body;
            this.raw = raw;
        }

        int type() {
            return type;
        }

        int flags() {
            return flags;
        }

        int stream() {
            return stream;
        }

        byte[] raw() {
            return raw;
        }

        ByteBuffer fields() {
            return ByteBuffer.wrap(body);
        }

        String key() {
            return java.util.HexFormat.of().formatHex(body, 0, 16);
        }

        int epoch() {
            return type == OPEN ? fields().getInt(44) : fields().getInt(0);
        }

        long offset() {
            return fields().getLong(0);
        }

        int abortCode() {
            return fields().getShort(4);
        }

        int keep() {
            return body[6];
        }

        /** The size of segments that OPEN proposes. */
        int segmentBytes() {
            return fields().getInt(24);
        }

        /** Of DATA: how many raw bytes follow. */
        int rawBytes() {
            return fields().getInt(8);
        }

        /** Of DATA: their sum. */
        int sum() {
            return fields().getInt(12);
        }
    }

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    ScriptedReceiver(Script... scripts) throws IOException {
        Thread thread = new Thread(() -> run(List.of(scripts)), "scripted-receiver");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    private void run(List<Script> scripts) {
        try {
            for (Script script : scripts) {
                try (Socket socket = listener.accept()) {
                    socket.setSoTimeout(30_000);
                    socket.setTcpNoDelay(true);
                    script.run(new Talk(socket));
                }
            }
            ended.complete(null);
        } catch (IOException | RuntimeException | AssertionError e) {
            ended.completeExceptionally(e);
        } finally {
            stop();
        }
    }

    private void stop() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Fails when a script failed or has not been gone through. */
    @Override
    public void close() {
        try {
            ended.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("the script", e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("the script has not ended", e);
        }
    }

    /** One connection. */
    static final class Talk {
        private final DataInputStream in;
        private final DataOutputStream out;

        /** All but OPTIMISTIC, so that a script can take turns. */
        long capabilities = 0b1101;

        int credit = 8 << 20;
        int heartbeat = 15;
        int maxInline = 64 * 1024;

        private final Socket socket;

        private Talk(Socket socket) throws IOException {
            this.socket = socket;
            this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
            this.out = new DataOutputStream(socket.getOutputStream());
        }

        /** Greets without a key; what HELLO was. */
        Frame greet() throws IOException {
            return greet(0);
        }

        Frame greet(int auth) throws IOException {
            byte[] preamble = in.readNBytes(PREAMBLE.length);
            if (!java.util.Arrays.equals(preamble, PREAMBLE)) {
                throw new AssertionError("no preamble");
            }
            Frame hello = expect(HELLO);
            out.write(PREAMBLE);
            send(HELLO_ACK, 0, helloAck(auth, new byte[32]));
            return hello;
        }

        byte[] helloAck(int auth, byte[] nonce) {
            return ByteBuffer.allocate(80)
                    .put((byte) 1)
                    .put((byte) auth)
                    .putShort((short) 256)
                    .putLong(capabilities)
                    .putInt(262_144)
                    .putInt(maxInline)
                    .putInt(SEGMENT)
                    .putInt(credit / 2)
                    .putInt(credit)
                    .putLong(10L << 30)
                    .putShort((short) heartbeat)
                    .putShort((short) 0)
                    .putInt(86_400)
                    .put(nonce)
                    .array();
        }

        /** The next frame, PING and PONG apart. */
        Frame next() throws IOException {
            Frame frame = head();
            while (frame.type() == PING || frame.type() == PONG) {
                frame = head();
            }
            byte[] raw = frame.type() == DATA ? raw(frame.rawBytes()) : new byte[0];
            return new Frame(frame.type(), frame.flags(), frame.stream(), frame.body, raw);
        }

        /** The next frame of all, without the raw bytes behind it. */
        Frame head() throws IOException {
            int length = in.readInt();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            in.readShort();
            int stream = in.readInt();
            return new Frame(type, flags, stream, in.readNBytes(length - 8), new byte[0]);
        }

        /** So many raw bytes, less only at the end of the connection. */
        byte[] raw(int count) throws IOException {
            return in.readNBytes(count);
        }

        /** Fails when the client has sent anything that was not read yet. */
        void expectNothing() throws IOException {
            send(PING, 0, new byte[8]);
            expectHead(PONG);
        }

        Frame expect(int type) throws IOException {
            return check(next(), type);
        }

        /** Without the raw bytes behind it. */
        Frame expectHead(int type) throws IOException {
            return check(head(), type);
        }

        private static Frame check(Frame frame, int type) {
            if (frame.type() != type) {
                throw new AssertionError("frame " + Integer.toHexString(frame.type()) + " (expected: "
                        + Integer.toHexString(type) + ")");
            }
            return frame;
        }

        /** Ends the connection so that the client hears all that was said: a reset could overtake it. */
        void leave() throws IOException {
            socket.shutdownOutput();
            awaitEnd();
        }

        /** Waits no longer than so many milliseconds for each byte. */
        void awaitEnd(int millis) throws IOException {
            socket.setSoTimeout(millis);
            awaitEnd();
        }

        /** Waits for the client to end the connection, whatever it still says. */
        void awaitEnd() throws IOException {
            try {
                while (in.read() >= 0) {}
            } catch (java.net.SocketException | EOFException e) {
                return; // reset is an end too
            }
        }

        void send(int type, int stream, byte[] body) throws IOException {
            ByteBuffer frame = ByteBuffer.allocate(12 + body.length);
            frame.putInt(8 + body.length).put((byte) type).put((byte) 0).putShort((short) 0);
            out.write(frame.putInt(stream).put(body).array());
        }

        void write(byte[] bytes) throws IOException {
            out.write(bytes);
        }

        /** Nothing comes, or so many segments from the start are there; their CRCs are given. */
        void opened(int stream, int epoch, int... crcs) throws IOException {
            ByteBuffer body = ByteBuffer.allocate(28 + (crcs.length == 0 ? 0 : 4 + 8 + 4 + 4 + 4 * crcs.length));
            body.putInt(epoch).put((byte) (crcs.length == 0 ? NEW : PARTIAL)).put((byte) 0);
            body.putShort((short) 0).putInt(SEGMENT).putInt(crcs.length);
            body.putLong((long) crcs.length * SEGMENT).putInt(0);
            if (crcs.length > 0) {
                body.putShort((short) 2).putShort((short) 8).putInt(0).putInt(crcs.length);
                body.putShort((short) 3).putShort((short) (4 + 4 * crcs.length)).putInt(0);
                for (int crc : crcs) {
                    body.putInt(crc);
                }
            }
            send(OPENED, stream, body.array());
        }

        void ack(int stream, int epoch, long contiguous, int credit) throws IOException {
            send(
                    ACK,
                    stream,
                    ByteBuffer.allocate(24)
                            .putInt(epoch)
                            .putLong(contiguous)
                            .putLong(0)
                            .putInt(credit)
                            .array());
        }

        void nak(int stream, int epoch, int reason, int... segments) throws IOException {
            ByteBuffer body = ByteBuffer.allocate(8 + 8 * segments.length);
            body.putInt(epoch).putShort((short) segments.length).putShort((short) 0);
            for (int segment : segments) {
                body.putInt(segment).putShort((short) reason).putShort((short) 0);
            }
            send(NAK, stream, body.array());
        }

        void done(int stream, int code, long size, String name) throws IOException {
            byte[] text = name.getBytes(UTF_8);
            ByteBuffer body = ByteBuffer.allocate(2 + 24 + text.length);
            body.putShort((short) 1).putInt(stream).putShort((short) code).put((byte) 1);
            body.put((byte) 0).putLong(size).putInt(0).put((byte) 0).put((byte) 0);
            send(DONE, 0, body.putShort((short) text.length).put(text).array());
        }

        /** An ERROR; {@code retry} as on the wire. */
        void error(int stream, int code, int retry, long expected, String message) throws IOException {
            byte[] text = message.getBytes(UTF_8);
            send(
                    ERROR,
                    stream,
                    ByteBuffer.allocate(26 + text.length)
                            .putShort((short) code)
                            .put((byte) retry)
                            .put((byte) 0)
                            .putInt(0)
                            .putLong(expected)
                            .putLong(0)
                            .putShort((short) text.length)
                            .put(text)
                            .array());
        }

        void abort(int stream, int epoch, int code) throws IOException {
            send(
                    ABORT,
                    stream,
                    ByteBuffer.allocate(7).putInt(epoch).putShort((short) code).array());
        }

        void goAway(int lastStream, int code, int retryAfterMillis) throws IOException {
            send(
                    GOAWAY,
                    0,
                    ByteBuffer.allocate(10)
                            .putInt(lastStream)
                            .putShort((short) code)
                            .putInt(retryAfterMillis)
                            .array());
        }

        /** Takes a file of an OPEN that was not optimistic, from some segment on, and confirms it; what came of it. */
        byte[] receive(Frame open, int... crcs) throws IOException {
            opened(open.stream(), open.epoch(), crcs);
            return receiveOpened(open, crcs.length);
        }

        byte[] receiveOpened(Frame open, int segments) throws IOException {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            long has = (long) segments * SEGMENT;
            Frame frame = next();
            for (; frame.type() == DATA; frame = next()) {
                content.write(frame.raw());
                has += frame.raw().length;
                ack(open.stream(), open.epoch(), has, frame.raw().length);
            }
            if (frame.type() != COMMIT) {
                throw new AssertionError("frame " + Integer.toHexString(frame.type()) + " (expected: COMMIT)");
            }
            done(open.stream(), 0, frame.fields().getLong(0), "received");
            return content.toByteArray();
        }
    }
}
