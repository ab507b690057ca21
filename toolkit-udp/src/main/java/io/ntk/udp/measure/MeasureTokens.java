package io.ntk.udp.measure;

import io.ntk.udp.measure.MeasureResponder.Clock;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tokens that prove that their bearer receives at an address, without anything to remember: the first 8 bytes of
 * HMAC-SHA256(secret, address ‖ port ‖ 30-second period). Not thread-safe.
 */
final class MeasureTokens {
    static final long PERIOD_NANOS = Duration.ofSeconds(30).toNanos();
    private static final String ALGORITHM = "HmacSHA256";
    private static final int SECRET_BYTES = 32;

    private final Clock clock;
    private final long start;
    private final Mac mac;

    MeasureTokens(Clock clock) {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        this.clock = clock;
        this.start = clock.nanoTime();
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + ALGORITHM, e);
        }
    }

    long token(InetSocketAddress client) {
        return token(client, period());
    }

    /** Whether it is a client's token of this period or the last. */
    boolean isValid(long token, InetSocketAddress client) {
        long period = period();
        // Two longs are compared in one step, whatever is in them.
        return token == token(client, period) || token == token(client, period - 1);
    }

    private long period() {
        return (clock.nanoTime() - start) / PERIOD_NANOS;
    }

    private long token(InetSocketAddress client, long period) {
        mac.update(client.getAddress().getAddress());
        ByteBuffer rest = ByteBuffer.allocate(Short.BYTES + Long.BYTES);
        mac.update(rest.putShort((short) client.getPort()).putLong(period).flip());
        long token = ByteBuffer.wrap(mac.doFinal()).getLong();
        return token == 0 ? 1 : token; // 0 says hello
    }
}
