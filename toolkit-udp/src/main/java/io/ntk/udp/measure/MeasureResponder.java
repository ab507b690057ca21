package io.ntk.udp.measure;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.ntk.core.NetListener;
import io.ntk.core.TrafficHandler;
import io.ntk.udp.DatagramRequest;
import io.ntk.udp.DatagramResponder;
import io.ntk.udp.guard.DatagramAnswer.Trust;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Answers measurements. One for all channels of a server; thread-safe.
 *
 * <p>Placement: in a {@link io.ntk.udp.DatagramHandler} or a {@link io.ntk.udp.DatagramServer}, behind the reflection
 * guard, whose rate does not hold for clients that have proven their address. In: datagrams ({@link MeasureDatagram});
 * whatever is none, or has a token that is not its sender's, gets no answer. Out: answers of their requests' length.
 *
 * <p>Limits: {@value #MAX_SESSIONS} sessions, {@value #MAX_SESSIONS_PER_ADDRESS} for an address, each of 8 KiB and kept
 * for 60 s after its last datagram; a client for whom there is no room gets no answer, not even to its hello. A datagram
 * more than {@value #WINDOW} behind the highest is answered and not counted.
 */
public final class MeasureResponder implements DatagramResponder {
    /** Sessions at a time. */
    public static final int MAX_SESSIONS = 1024;

    /** Sessions at a time with clients at one address. */
    public static final int MAX_SESSIONS_PER_ADDRESS = 16;

    /** Sequences of a session that are remembered, to know duplicates. */
    public static final int WINDOW = 65_536;

    static final Duration KEPT = Duration.ofSeconds(60);
    private static final long SWEEP_NANOS = Duration.ofSeconds(1).toNanos();

    /** A monotonic clock. */
    @FunctionalInterface
    interface Clock {
        /** Nanoseconds since whenever. */
        long nanoTime();
    }

    /** What is known of a client that has proven its address. */
    private static final class Session {
        final long token;
        final SequenceWindow window = new SequenceWindow(WINDOW);
        long usedAt;
        /* The client has said that it is done, and asked for a token again since: what comes next is another run. */
        boolean ended;
        boolean helloSinceEnd;
        boolean finalCounts;

        Session(long token, long now) {
            this.token = token;
            this.usedAt = now;
        }
    }

    private final NetListener listener;
    private final Clock clock;
    private final Executor blocking;
    private final MeasureTokens tokens;
    private final Map<InetSocketAddress, Session> sessions = new HashMap<>();
    private final Map<InetAddress, Integer> perAddress = new HashMap<>();
    private long sweptAt;

    /** Makes a responder of which nobody is told. */
    public MeasureResponder() {
        this(NetListener.NONE);
    }

    /**
     * Makes a responder with a secret of its own.
     *
     * @param listener who is told of sessions, by {@link MeasureEvent}
     */
    public MeasureResponder(NetListener listener) {
        this(listener, System::nanoTime, GlobalEventExecutor.INSTANCE);
    }

    MeasureResponder(NetListener listener, Clock clock, Executor blocking) {
        this.listener = listener;
        this.blocking = blocking;
        this.clock = clock;
        this.tokens = new MeasureTokens(clock);
        this.sweptAt = clock.nanoTime() - SWEEP_NANOS;
    }

    @Override
    public void received(DatagramRequest request) {
        long now = clock.nanoTime();
        MeasureDatagram datagram;
        try {
            datagram = MeasureDatagram.decode(request.payload());
        } catch (MeasureProtocolException e) {
            return; // no answer to strangers
        }
        if (datagram.is(MeasureDatagram.ANSWER) || !(request.sender() instanceof InetSocketAddress client)) {
            return;
        }
        if (datagram.is(MeasureDatagram.HELLO)) {
            hello(request, datagram, client, now);
        } else {
            measured(request, datagram, client, now);
        }
    }

    private void hello(DatagramRequest request, MeasureDatagram hello, InetSocketAddress client, long now) {
        long token;
        long distinct;
        synchronized (this) {
            Session session = find(client, now);
            if (hello.token() != 0 || (session == null && !hasRoom(client, now))) {
                return;
            }
            if (session != null) {
                session.helloSinceEnd = session.ended;
            }
            distinct = session == null || session.ended ? 0 : session.window.distinct();
            token = tokens.token(client);
        }
        answer(request, hello, token, now, new Counts(distinct, 0), Trust.NONE);
    }

    private record Counts(long distinct, long bitmap) {}

    private void measured(DatagramRequest request, MeasureDatagram datagram, InetSocketAddress client, long now) {
        Counts counts;
        boolean opened = false;
        boolean ended = false;
        boolean readDrops = false;
        synchronized (this) {
            Session session = find(client, now);
            if (session == null || session.token != datagram.token() || session.helloSinceEnd) {
                session = open(client, datagram.token(), now);
                if (session == null) {
                    return;
                }
                opened = true;
            }
            session.usedAt = now;
            if (datagram.is(MeasureDatagram.END)) {
                ended = !session.ended;
                session.ended = true;
                readDrops = !session.finalCounts;
                session.finalCounts = true;
            } else if (!datagram.is(MeasureDatagram.WARM_UP)) {
                session.window.add(datagram.sequence());
            }
            counts = new Counts(session.window.distinct(), session.window.bitmap());
        }
        tell(client, opened, ended, counts);
        if (readDrops) {
            answerWithLatestDrops(request, datagram, now, counts);
        } else {
            answer(request, datagram, datagram.token(), now, counts, Trust.PROVEN);
        }
    }

    private void tell(InetSocketAddress client, boolean opened, boolean ended, Counts counts) {
        if (opened) {
            listener.on(new MeasureEvent.Started(TrafficHandler.name(client)));
        }
        if (ended) {
            listener.on(new MeasureEvent.Ended(TrafficHandler.name(client), counts.distinct()));
        }
    }

    /** The drops are read from the system's tables, which an event loop must not wait for; once in a session. */
    private void answerWithLatestDrops(DatagramRequest request, MeasureDatagram end, long now, Counts counts) {
        ByteBuf copy = request.payload().copy();
        blocking.execute(() -> {
            MeasureDatagram answer = answerTo(
                    end, end.token(), now, counts, request.kernelDrops().now());
            answer.encodeAnswer(copy);
            try {
                request.answer(copy, Trust.PROVEN);
            } catch (RejectedExecutionException e) {
                copy.release(); // the channel's event loop has ended
            }
        });
    }

    private void answer(
            DatagramRequest request, MeasureDatagram datagram, long token, long now, Counts counts, Trust trust) {
        // In place: the datagram is nobody else's, and goes out in the same batch as its answer.
        ByteBuf payload = request.payload();
        ByteBuf answer = payload.isReadOnly() ? payload.copy() : payload.retainedSlice();
        answerTo(datagram, token, now, counts, request.kernelDrops().recent()).encodeAnswer(answer);
        request.answer(answer, trust);
    }

    private MeasureDatagram answerTo(
            MeasureDatagram request, long token, long now, Counts counts, OptionalLong kernelDrops) {
        return new MeasureDatagram(
                request.flags() | MeasureDatagram.ANSWER,
                token,
                request.sequence(),
                request.intendedNanos(),
                request.sentNanos(),
                now,
                clock.nanoTime(),
                counts.distinct(),
                counts.bitmap(),
                kernelDrops.orElse(MeasureDatagram.UNKNOWN));
    }

    /** How many sessions there are. */
    synchronized int sessions() {
        return sessions.size();
    }

    private @Nullable Session find(InetSocketAddress client, long now) {
        Session session = sessions.get(client);
        if (session != null && isOver(session, now)) {
            remove(client);
            return null;
        }
        return session;
    }

    private @Nullable Session open(InetSocketAddress client, long token, long now) {
        if (!tokens.isValid(token, client)) {
            return null;
        }
        if (sessions.containsKey(client)) {
            remove(client); // another run from the same port
        }
        if (!hasRoom(client, now)) {
            return null;
        }
        Session session = new Session(token, now);
        sessions.put(client, session);
        perAddress.merge(client.getAddress(), 1, Integer::sum);
        return session;
    }

    private boolean hasRoom(InetSocketAddress client, long now) {
        if (fits(client)) {
            return true;
        }
        if (now - sweptAt < SWEEP_NANOS) {
            return false;
        }
        sweptAt = now;
        sessions.entrySet().stream()
                .filter(entry -> isOver(entry.getValue(), now))
                .map(Map.Entry::getKey)
                .toList()
                .forEach(this::remove);
        return fits(client);
    }

    private boolean fits(InetSocketAddress client) {
        return sessions.size() < MAX_SESSIONS
                && perAddress.getOrDefault(client.getAddress(), 0) < MAX_SESSIONS_PER_ADDRESS;
    }

    private static boolean isOver(Session session, long now) {
        return now - session.usedAt > KEPT.toNanos();
    }

    private void remove(InetSocketAddress client) {
        sessions.remove(client);
        perAddress.computeIfPresent(client.getAddress(), (address, count) -> count > 1 ? count - 1 : null);
    }
}
