package io.ntk.core;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who is let in, and how many: the counts of one server, whatever number of endpoints and event loops it has.
 *
 * <p>The accept rate is a token bucket for each address, which holds one second's worth; the {@value #RATE_TABLE_SIZE}
 * addresses seen last are remembered. An IPv6 address stands for its /64. Thread-safe.
 */
public final class ConnectionLimits {
    /** Addresses whose rate is remembered. */
    public static final int RATE_TABLE_SIZE = 4096;

    /** Refused connections that may be open at a time while their answer is on its way; others are closed unanswered. */
    public static final int MAX_ANSWERED_REFUSALS = 64;

    private static final double NANOS = 1e9;

    private record Address(long high, int low) {}

    private static final class Bucket {
        double tokens;
        long filledAt;
    }

    private final Limits limits;
    private final AccessList access;
    private final Protocol.Accept accept;
    private final LongSupplier nanoTime;
    private final Map<Address, Integer> openByAddress = new HashMap<>();
    private final Map<Address, Bucket> rates = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Address, Bucket> eldest) {
            return size() > RATE_TABLE_SIZE;
        }
    };
    private boolean taken;
    private int open;
    private int answeredRefusals;

    /**
     * Starts with no connection.
     *
     * @param limits how many are let in
     * @param access who is let in
     * @param accept how many are let in ever
     */
    public ConnectionLimits(Limits limits, AccessList access, Protocol.Accept accept) {
        this(limits, access, accept, System::nanoTime);
    }

    ConnectionLimits(Limits limits, AccessList access, Protocol.Accept accept, LongSupplier nanoTime) {
        this.limits = limits;
        this.access = access;
        this.accept = accept;
        this.nanoTime = nanoTime;
    }

    /**
     * Asks for a place.
     *
     * @param peer the peer's address; null for an unnamed Unix socket
     * @return null when it has one, which {@link #leave} gives back; else why not
     */
    public synchronized @Nullable RefusalReason enter(@Nullable SocketAddress peer) {
        if (!access.permits(peer)) {
            return RefusalReason.DENIED;
        }
        if (accept == Protocol.Accept.ONE && taken) {
            return RefusalReason.ONCE;
        }
        Address address = counted(peer);
        if (address != null && !takeToken(address)) {
            return RefusalReason.TOO_FAST;
        }
        if (open >= limits.maxConnections()) {
            return RefusalReason.FULL;
        }
        if (address != null) {
            int others = openByAddress.getOrDefault(address, 0);
            if (others >= limits.maxPerAddress()) {
                return RefusalReason.ADDRESS_FULL;
            }
            openByAddress.put(address, others + 1);
        }
        taken = true;
        open++;
        return null;
    }

    /**
     * Gives a place back.
     *
     * @param peer the address that {@link #enter} let in
     */
    public synchronized void leave(@Nullable SocketAddress peer) {
        open--;
        Address address = counted(peer);
        if (address != null) {
            openByAddress.computeIfPresent(address, (key, count) -> count > 1 ? count - 1 : null);
        }
    }

    /**
     * Places taken.
     *
     * @return 0 to the limit
     */
    public synchronized int open() {
        return open;
    }

    synchronized boolean startAnswer() {
        if (answeredRefusals == MAX_ANSWERED_REFUSALS) {
            return false;
        }
        answeredRefusals++;
        return true;
    }

    synchronized void endAnswer() {
        answeredRefusals--;
    }

    private boolean takeToken(Address address) {
        long now = nanoTime.getAsLong();
        Bucket bucket = rates.get(address);
        if (bucket == null) {
            bucket = new Bucket();
            bucket.tokens = limits.acceptRate();
            rates.put(address, bucket);
        } else {
            double earned = (now - bucket.filledAt) / NANOS * limits.acceptRate();
            bucket.tokens = Math.min(limits.acceptRate(), bucket.tokens + earned);
        }
        bucket.filledAt = now;
        if (bucket.tokens < 1) {
            return false;
        }
        bucket.tokens--;
        return true;
    }

    /** What the limits by address count a peer as; null when they do not hold for it. */
    private @Nullable Address counted(@Nullable SocketAddress peer) {
        if (!(peer instanceof InetSocketAddress inet) || inet.getAddress() == null) {
            return null;
        }
        InetAddress address = inet.getAddress();
        if (address.isLoopbackAddress() && !limits.countLoopback()) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return bytes.remaining() == 4 ? new Address(0, bytes.getInt()) : new Address(bytes.getLong(), -1);
    }
}
