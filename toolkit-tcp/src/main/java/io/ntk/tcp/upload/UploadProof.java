package io.ntk.tcp.upload;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.ntk.tcp.upload.store.Octets;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The proofs of the shared key, at either end: an HMAC-SHA256 over what was said so far and the server's certificate, so
 * that a proof is worth nothing on another connection.
 */
public final class UploadProof {
    /** The shortest key, in bytes. */
    public static final int MIN_KEY_BYTES = 16;

    /** Whose proof it is. */
    public enum Side {
        /** Who sends. */
        CLIENT("NTUP1-c"),
        /** Who receives. */
        SERVER("NTUP1-s");

        private final String label;

        Side(String label) {
            this.label = label;
        }
    }

    private UploadProof() {}

    /**
     * Makes a proof.
     *
     * @param key the shared one
     * @param side whose
     * @param hello as it was sent
     * @param ack as it was sent
     * @param certificate of the server in DER, or null without TLS
     * @return 32 bytes
     */
    public static Octets of(
            Octets key, Side side, UploadFrame.Hello hello, UploadFrame.HelloAck ack, byte @Nullable [] certificate) {
        try {
            MessageDigest transcript = MessageDigest.getInstance("SHA-256");
            transcript.update(UploadFrameEncoder.PREAMBLE);
            transcript.update(UploadFrameEncoder.PREAMBLE);
            transcript.update(bytes(hello));
            transcript.update(bytes(ack));
            transcript.update(
                    certificate == null
                            ? new byte[32]
                            : MessageDigest.getInstance("SHA-256").digest(certificate));
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.toArray(), "HmacSHA256"));
            mac.update(side.label.getBytes(StandardCharsets.US_ASCII));
            return Octets.of(mac.doFinal(transcript.digest()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has these algorithms", e);
        }
    }

    /**
     * Compares without telling how much is right.
     *
     * @param one a proof
     * @param other a proof
     * @return whether they are the same
     */
    public static boolean same(Octets one, Octets other) {
        return MessageDigest.isEqual(one.toArray(), other.toArray());
    }

    /**
     * The certificate that this side shows, or that the other side has shown.
     *
     * @param channel after its TLS handshake
     * @param shownBy whose it is
     * @param self which side this is
     * @return in DER, or null without TLS
     */
    public static byte @Nullable [] certificate(Channel channel, Side shownBy, Side self) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            return null;
        }
        try {
            var session = tls.engine().getSession();
            Certificate[] chain = shownBy == self ? session.getLocalCertificates() : session.getPeerCertificates();
            return chain == null || chain.length == 0 ? null : chain[0].getEncoded();
        } catch (GeneralSecurityException | javax.net.ssl.SSLPeerUnverifiedException e) {
            throw new IllegalStateException("TLS without a certificate of the server", e);
        }
    }

    private static byte[] bytes(UploadFrame frame) {
        ByteBuf buffer = Unpooled.buffer();
        UploadFrameEncoder.write(frame, buffer);
        return ByteBufUtil.getBytes(buffer);
    }
}
