package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.UploadProof;
import io.ntk.tcp.upload.UploadProtocolException;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadStore;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The first frames of a connection, and what is known of its peer afterwards.
 *
 * <pre>{@code
 * C: preamble, HELLO             S: preamble, HELLO_ACK
 * C: AUTH                        S: AUTH_OK              (with a shared key)
 * }</pre>
 */
final class ServerHandshake {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int VERSION = 1;
    private static final int NONCE_BYTES = 32;
    private static final int MIN_PEER_FRAME_BYTES = 16 * 1024;
    private static final String BY_KEY = "key";

    private final ServerConnection connection;
    private final UploadLimits limits;
    private final StoreOptions store;
    private final @Nullable Octets key;
    private Phase phase = Phase.PREAMBLE;
    private UploadFrame.@Nullable Hello hello;
    private UploadFrame.@Nullable HelloAck ack;
    private UploadStore.@Nullable Caller caller;

    private enum Phase {
        PREAMBLE,
        HELLO,
        AUTH,
        OVER
    }

    ServerHandshake(ServerConnection connection, UploadLimits limits, StoreOptions store, @Nullable Octets key) {
        this.connection = connection;
        this.limits = limits;
        this.store = store;
        this.key = key;
    }

    /** Whether the peer speaks this protocol at all. */
    boolean hasBegun() {
        return phase != Phase.PREAMBLE;
    }

    /** Whether the peer may send files. */
    boolean isOver() {
        return phase == Phase.OVER;
    }

    /** Who sends; not before it is over. */
    UploadStore.Caller caller() {
        return requireNonNull(caller, "caller");
    }

    /** Whether both sides have a capability. */
    boolean can(Capability capability) {
        return hello != null && (hello.capabilities() & capability.bit()) != 0;
    }

    /** The longest frame that the peer takes. */
    int maxPeerFrameBytes() {
        return hello == null
                ? MIN_PEER_FRAME_BYTES
                : (int) Math.min(hello.maxFrame(), UploadFrameDecoder.MAX_FRAME_BYTES);
    }

    /** The largest segment that both sides take. */
    int maxSegmentBytes() {
        return (int) Math.min(
                limits.segmentBytes(),
                Math.max(requireNonNull(hello).maxSegment(), UploadFrame.Data.MIN_SEGMENT_BYTES));
    }

    /**
     * Takes a frame while it is not over.
     *
     * @throws UploadProtocolException when another one is due
     */
    void frame(UploadFrame frame) {
        switch (phase) {
            case PREAMBLE -> {
                phase = Phase.HELLO;
                connection.send(new UploadFrame.Preamble());
            }
            case HELLO -> {
                if (!(frame instanceof UploadFrame.Hello offer)) {
                    throw new UploadProtocolException(UploadError.AUTH_REQUIRED, "a frame before HELLO");
                }
                hello(offer);
            }
            case AUTH -> {
                if (!(frame instanceof UploadFrame.Auth auth)) {
                    throw new UploadProtocolException(UploadError.AUTH_REQUIRED, "a frame before AUTH");
                }
                auth(auth);
            }
            case OVER -> throw new IllegalStateException("the handshake is over");
        }
    }

    private void hello(UploadFrame.Hello offer) {
        if (offer.versionMin() > VERSION || offer.versionMax() < VERSION) {
            throw new UploadProtocolException(UploadError.VERSION, "this server speaks version " + VERSION);
        }
        if (offer.maxFrame() < MIN_PEER_FRAME_BYTES) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL,
                    "a longest frame of " + offer.maxFrame() + " (expected: at least " + MIN_PEER_FRAME_BYTES + ")");
        }
        hello = offer;
        ack = answer();
        connection.send(ack);
        if (key == null) {
            over("");
        } else {
            phase = Phase.AUTH;
        }
    }

    private UploadFrame.HelloAck answer() {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return new UploadFrame.HelloAck(
                VERSION,
                key != null,
                limits.maxStreams(),
                UploadFrame.ALL_CAPABILITIES,
                UploadFrameDecoder.MAX_FRAME_BYTES,
                limits.maxInlineBytes(),
                UploadFrame.Data.MIN_SEGMENT_BYTES,
                limits.segmentBytes(),
                limits.creditBytes(),
                store.maxFileBytes(),
                (int) limits.heartbeat().toSeconds(),
                (int) Math.min(Integer.MAX_VALUE, store.keep().toSeconds()),
                Octets.of(nonce),
                List.of());
    }

    private void auth(UploadFrame.Auth auth) {
        byte[] certificate =
                UploadProof.certificate(connection.channel(), UploadProof.Side.SERVER, UploadProof.Side.SERVER);
        UploadFrame.Hello offer = requireNonNull(hello);
        UploadFrame.HelloAck answer = requireNonNull(ack);
        Octets secret = requireNonNull(key);
        Octets expected = UploadProof.of(secret, UploadProof.Side.CLIENT, offer, answer, certificate);
        if (!UploadProof.same(expected, auth.proof())) {
            throw new UploadProtocolException(UploadError.AUTH_FAILED, "this is not the proof of our key");
        }
        connection.send(
                new UploadFrame.AuthOk(UploadProof.of(secret, UploadProof.Side.SERVER, offer, answer, certificate)));
        over(BY_KEY);
    }

    private void over(String byKey) {
        caller = UploadPrincipal.caller(connection.channel(), byKey);
        phase = Phase.OVER;
        UploadFrameDecoder decoder = connection.context().pipeline().get(UploadFrameDecoder.class);
        if (decoder != null) {
            decoder.limit(UploadFrameDecoder.MAX_FRAME_BYTES);
        }
    }
}
