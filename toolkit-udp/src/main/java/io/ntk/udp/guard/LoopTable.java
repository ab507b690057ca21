package io.ntk.udp.guard;

import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Whose datagrams are our own answers: for each peer (with its port) the last answer, and how many datagrams running were
 * equal to it. A table of fixed size for one channel, on its event loop.
 */
final class LoopTable {
    /*
     * Sets of eight entries, as in AnswerRates. Of an answer its length and a hash are kept. A muted peer keeps its entry
     * until its time is over, and others make do with the rest of the set: otherwise a flood could unmute a loop. Where
     * all of a set is muted, a newcomer is not watched.
     *
     * A datagram and its answer ask for the same peer several times, by the same object: where that one is, is remembered.
     */
    static final int ENTRIES = 4096;

    private static final int WAYS = 8;
    private static final int SET_BITS = 9;
    private static final int LONG = 128;
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private final int limit;
    private final long muteNanos;
    private final long seed = ThreadLocalRandom.current().nextLong();
    private final Spread spread = new Spread(seed, SET_BITS);
    private final @Nullable SocketAddress[] peers = new SocketAddress[ENTRIES];
    private final long[] usedAt = new long[ENTRIES];
    private final long[] answers = new long[ENTRIES];
    private final int[] running = new int[ENTRIES];
    private @Nullable SocketAddress lastPeer;
    private int lastEntry;

    LoopTable(int limit, long muteNanos) {
        this.limit = limit;
        this.muteNanos = muteNanos;
    }

    /**
     * Looks at a datagram of a peer.
     *
     * @return whether it is the one that mutes its sender
     */
    boolean received(SocketAddress peer, ByteBuf payload, long now) {
        int entry = find(peer);
        if (entry < 0 || isMuted(entry, now)) {
            return false;
        }
        if (answers[entry] != hash(payload)) {
            running[entry] = 0;
            return false;
        }
        running[entry]++;
        usedAt[entry] = now;
        return running[entry] == limit;
    }

    boolean isMuted(SocketAddress peer, long now) {
        int entry = find(peer);
        return entry >= 0 && isMuted(entry, now);
    }

    /** Remembers an answer to a peer that is not muted as the last one. */
    void answered(SocketAddress peer, ByteBuf payload, long now) {
        int entry = find(peer);
        if (entry < 0) {
            entry = newEntry(peer, now);
        }
        if (entry >= 0) {
            answers[entry] = hash(payload);
            usedAt[entry] = now;
        }
    }

    /** A peer whose time is over is one of whom nothing is known. */
    private boolean isMuted(int entry, long now) {
        if (running[entry] < limit) {
            return false;
        }
        if (now - usedAt[entry] < muteNanos) {
            return true;
        }
        peers[entry] = null;
        running[entry] = 0;
        lastPeer = null;
        return false;
    }

    @SuppressWarnings("ReferenceEquality") // another object only costs a search
    private int find(SocketAddress peer) {
        if (peer != lastPeer) {
            lastEntry = search(peer);
            lastPeer = peer;
        }
        return lastEntry;
    }

    private int search(SocketAddress peer) {
        int first = set(peer);
        for (int i = first; i < first + WAYS; i++) {
            if (peer.equals(peers[i])) {
                return i;
            }
        }
        return -1;
    }

    private int newEntry(SocketAddress peer, long now) {
        int first = set(peer);
        int oldest = -1;
        for (int i = first; i < first + WAYS; i++) {
            if (peers[i] == null) {
                oldest = i;
                break;
            }
            if (!isMuted(i, now) && (oldest < 0 || usedAt[i] - usedAt[oldest] < 0)) {
                oldest = i;
            }
        }
        if (oldest >= 0) {
            peers[oldest] = peer;
            running[oldest] = 0;
            lastPeer = peer;
            lastEntry = oldest;
        }
        return oldest;
    }

    private int set(SocketAddress peer) {
        return spread.set(key(peer)) * WAYS;
    }

    /** Peers whose {@code hashCode} is the same are easily found: it is the sum of address and port. */
    private long key(SocketAddress peer) {
        if (!(peer instanceof InetSocketAddress inet) || inet.getAddress() == null) {
            return peer.hashCode();
        }
        if (inet.getAddress() instanceof Inet4Address four) {
            return (long) four.hashCode() << Short.SIZE ^ inet.getPort(); // which is the address itself
        }
        ByteBuffer bytes = ByteBuffer.wrap(inet.getAddress().getAddress());
        return mix(mix(seed, bytes.getLong()), bytes.getLong()) ^ inet.getPort();
    }

    private long hash(ByteBuf payload) {
        int at = payload.readerIndex();
        int end = payload.writerIndex();
        long hash = seed ^ (end - at);
        if (end - at >= LONG && payload.nioBufferCount() == 1) { // the same, without a check of the buffer at each step
            ByteBuffer bytes = payload.internalNioBuffer(at, end - at);
            for (; bytes.remaining() >= Long.BYTES; at += Long.BYTES) {
                hash = mix(hash, bytes.getLong());
            }
        }
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            hash = mix(hash, payload.getLong(at));
        }
        for (; at < end; at++) {
            hash = mix(hash, payload.getByte(at));
        }
        return hash;
    }

    private static long mix(long hash, long value) {
        return Long.rotateLeft((hash ^ value) * PRIME, 29);
    }
}
