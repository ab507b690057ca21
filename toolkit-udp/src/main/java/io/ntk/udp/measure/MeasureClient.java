package io.ntk.udp.measure;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ntk.core.Reason;
import io.ntk.udp.KernelDrops;
import io.ntk.udp.measure.MeasureOptions.Mode;
import io.ntk.udp.measure.MeasureReport.Counts;
import io.ntk.udp.measure.MeasureReport.Interval;
import io.ntk.udp.measure.MeasureReport.Kernel;
import io.ntk.udp.measure.MeasureReport.Outcome;
import io.ntk.udp.measure.MeasureReport.Times;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/**
 * A measurement that is under way: datagrams leave at their times whether the ones before were answered or not. Closing
 * it ends it at once. Thread-safe.
 *
 * <p>Failure: {@link #report} fails with an {@link IOException} when the system does not let datagrams out; what the
 * network says is an {@link Outcome}. Memory: some 8 MiB, whatever the load and its duration.
 */
public final class MeasureClient implements AutoCloseable {
    /*
     * The sender runs the whole script: hello, warm-up, load, the wait for what is missing, end. The receiver, on a
     * blocking channel of the JDK, notes the time as soon as a datagram is read. Where datagrams follow so closely that
     * the sender spins all the time there is no receiver: the sender reads, without blocking, instead of spinning. To wake
     * a thread for each answer would cost the responder, in whose system calls that happens on the same machine, several
     * times what sending it does.
     */
    private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(120);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final Duration REPEAT = Duration.ofMillis(200);
    private static final int MAX_ENDS = 5;
    private static final int CATCH_UP = 4;
    private static final int MAX_READS = 64;
    private static final int LONGEST_DATAGRAM = 65_536;
    private static final int MIN_WINDOW = 1 << 16;
    private static final int MAX_WINDOW = 1 << 24;

    private final MeasureOptions options;
    private final DatagramChannel channel;
    private final KernelDrops drops;
    private final int receiveBuffer;
    private final @Nullable Selector selector; // of a sender that reads, for when it has nothing to send
    private final ByteBuffer inBytes = ByteBuffer.allocateDirect(LONGEST_DATAGRAM);
    private final ByteBuf in = Unpooled.wrappedBuffer(inBytes);
    private final ByteBuf out;
    private final long nonce = new SecureRandom().nextLong();
    private final long epoch = System.nanoTime();
    private volatile long token;

    private final Arrivals arrivals;
    private final LongAdder warmUps = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder missed = new LongAdder();
    private final SingleWriterRecorder timerError = new SingleWriterRecorder(1, TimeHistogram.HIGHEST_NANOS, 3);
    private volatile long firstSentAt;
    private volatile long lastSentAt;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final CompletableFuture<MeasureDatagram> helloAnswer = new CompletableFuture<>();
    private final CompletableFuture<MeasureDatagram> endAnswer = new CompletableFuture<>();
    private final CompletableFuture<MeasureReport> report = new CompletableFuture<>();
    private volatile boolean closed;
    private volatile boolean unreachable;
    private volatile @Nullable IOException failure;
    private final Thread receiver = new Thread(this::receive, "ntk-measure-receive");

    /* Guarded by this: the sums of what was taken out of the recorders. */
    private final Histogram roundTrips = TimeHistogram.empty();
    private final Histogram fromIntended = TimeHistogram.empty();
    private long sentBefore;
    private long missedBefore;
    private long receivedBefore;
    private long duplicatesBefore;

    private MeasureClient(MeasureOptions options, DatagramChannel channel) throws IOException {
        this.options = options;
        this.channel = channel;
        this.receiveBuffer = channel.getOption(StandardSocketOptions.SO_RCVBUF);
        this.drops = KernelDrops.of((InetSocketAddress) channel.getLocalAddress());
        this.token = options.mode() == Mode.PLAIN ? nonce : 0;
        this.out =
                Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(options.load().sizeBytes()));
        this.arrivals = new Arrivals(window(options), options.timeout().toNanos());
        this.selector = selector(options.load(), channel);
    }

    private static @Nullable Selector selector(MeasureOptions.Load load, DatagramChannel channel) throws IOException {
        if (load.dueNanos(1) > SPIN_NANOS) {
            return null;
        }
        Selector selector = channel.provider().openSelector();
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
        return selector;
    }

    /** Twice as many sequences as are sent while an answer may take its time, within bounds. */
    private static int window(MeasureOptions options) {
        long wanted = 2 * options.load().datagrams(options.timeout());
        int window = MIN_WINDOW;
        while (window < wanted && window < MAX_WINDOW) {
            window *= 2;
        }
        return window;
    }

    /**
     * Opens a socket and begins.
     *
     * @param options what is measured
     * @return the measurement, to be closed
     * @throws IOException when the name is unknown, or there is no socket to be had; the message says which
     */
    public static MeasureClient start(MeasureOptions options) throws IOException {
        InetSocketAddress remote = new InetSocketAddress(
                options.endpoint().host(), options.endpoint().port());
        DatagramChannel channel = null;
        try {
            if (remote.isUnresolved()) {
                throw new UnknownHostException();
            }
            channel = DatagramChannel.open(
                    remote.getAddress() instanceof Inet6Address
                            ? StandardProtocolFamily.INET6
                            : StandardProtocolFamily.INET);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBuffer());
            channel.connect(remote); // the kernel then drops what others send, and tells of ICMP errors
            MeasureClient client = new MeasureClient(options, channel);
            client.start();
            return client;
        } catch (IOException e) {
            if (channel != null) {
                channel.close();
            }
            throw failed(options, e);
        }
    }

    private static IOException failed(MeasureOptions options, IOException e) {
        return new IOException("cannot measure " + options.endpoint() + ": " + Reason.of(e), e);
    }

    private void start() {
        Thread sender = new Thread(this::send, "ntk-measure-send");
        receiver.setDaemon(true);
        sender.setDaemon(true);
        if (selector == null) {
            receiver.start();
        }
        sender.start();
    }

    /**
     * What was measured.
     *
     * @return done when the measurement has ended, however it did; the same figures at every call
     */
    public CompletableFuture<MeasureReport> report() {
        return report.copy();
    }

    /** Stops sending; the missing answers are still waited for, and the final counts asked for. */
    public void stop() {
        stop.countDown();
    }

    /** Ends at once: what is missing is lost, and the final counts are unknown. */
    @Override
    public void close() {
        closed = true;
        stop();
        closeChannel();
    }

    /**
     * Takes what happened since the last call. Does not hold up the measurement.
     *
     * @return the figures of that time
     */
    public synchronized Interval takeInterval() {
        Histogram part = takeTimes();
        long nowSent = sent.sum();
        long nowMissed = missed.sum();
        long nowReceived = arrivals.received.sum();
        long nowDuplicates = arrivals.duplicates.sum();
        Interval interval = new Interval(
                nowSent - sentBefore,
                nowMissed - missedBefore,
                nowReceived - receivedBefore,
                nowDuplicates - duplicatesBefore,
                new TimeHistogram(part));
        sentBefore = nowSent;
        missedBefore = nowMissed;
        receivedBefore = nowReceived;
        duplicatesBefore = nowDuplicates;
        return interval;
    }

    private synchronized Histogram takeTimes() {
        Histogram part = arrivals.takeFromSent();
        roundTrips.add(part);
        fromIntended.add(arrivals.takeFromIntended());
        return part;
    }

    /* The sender's script. */

    private void send() {
        MeasureDatagram hello = null;
        MeasureDatagram end = null;
        try {
            boolean ready = options.mode() == Mode.PLAIN;
            if (!ready) {
                hello = exchange(MeasureDatagram.HELLO, nonce, helloAnswer, (int)
                        Math.max(1, options.patience().dividedBy(REPEAT)));
                ready = hello != null;
                token = hello == null ? 0 : hello.token();
            }
            if (ready) {
                load();
                awaitMissing();
            }
            if (hello != null) {
                end = exchange(MeasureDatagram.END, sent.sum(), endAnswer, MAX_ENDS);
            }
        } catch (PortUnreachableException e) {
            unreachable = true;
        } catch (ClosedChannelException e) {
            closed = true; // by close(), or by the receiver, which has said why
        } catch (IOException e) {
            failure = e;
        } finally {
            finish(hello, end);
        }
    }

    private void load() throws IOException {
        MeasureOptions.Load load = options.load();
        long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1);
        if (!load.warmUp().isZero()) {
            pace(start, load.datagrams(load.warmUp()), MeasureDatagram.WARM_UP);
            start = Math.max(System.nanoTime(), start + load.warmUp().toNanos());
        }
        firstSentAt = start;
        lastSentAt = start;
        pace(start, load.datagrams(load.duration()), 0);
    }

    /** Sends at absolute times; what is more than a second late is given up. */
    private void pace(long start, long count, int flags) throws IOException {
        boolean measured = flags == 0;
        long sequence = 0;
        for (long number = 0; number < count && !isStopped(); number++) {
            long due = start + options.load().dueNanos(number);
            if (System.nanoTime() - due > GIVE_UP_NANOS) {
                if (measured) {
                    missed.increment();
                }
                continue;
            }
            awaitTime(due);
            if (isStopped()) {
                return; // before its time
            }
            long now = System.nanoTime();
            if (measured) {
                // Before it leaves: its answer must not be older than the count.
                sent.increment();
                timerError.recordValue(TimeHistogram.within(now - due));
                lastSentAt = now;
            } else {
                warmUps.increment();
            }
            send(MeasureDatagram.request(flags, token, sequence++, due, now));
        }
    }

    private void awaitTime(long due) throws IOException {
        if (selector != null) {
            poll(CATCH_UP); // even when it is late, so that answers do not pile up
        }
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            if (selector != null) {
                poll(1);
            } else if (left > SPIN_NANOS) {
                LockSupport.parkNanos(Math.min(left - SPIN_NANOS, REPEAT.toNanos()));
                if (isStopped()) {
                    return;
                }
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }

    private void awaitMissing() throws IOException {
        long deadline = System.nanoTime() + options.timeout().toNanos();
        while (arrivals.received.sum() < sent.sum() && System.nanoTime() - deadline < 0 && !closed) {
            pause(LOOK_NANOS);
        }
    }

    /** Asks until it is answered. */
    private @Nullable MeasureDatagram exchange(
            int flags, long sequence, CompletableFuture<MeasureDatagram> answer, int times) throws IOException {
        for (int i = 0; i < times && !closed; i++) {
            if (flags == MeasureDatagram.HELLO && isStopped()) {
                return null;
            }
            long now = System.nanoTime();
            send(MeasureDatagram.request(flags, token, sequence, now, now));
            long deadline = now + REPEAT.toNanos();
            while (!answer.isDone() && System.nanoTime() - deadline < 0 && !closed) {
                pause(LOOK_NANOS / 4);
            }
            if (answer.isDone()) {
                return answer.join();
            }
        }
        return null;
    }

    private void send(MeasureDatagram datagram) throws IOException {
        datagram.encode(out.clear());
        ByteBuffer bytes = out.internalNioBuffer(0, options.load().sizeBytes());
        while (channel.write(bytes) == 0) {
            pause(LOOK_NANOS / 4); // the socket's buffer is full, and the channel does not block
        }
    }

    /** Waits about so long, or until something has arrived. */
    private void pause(long nanos) throws IOException {
        if (selector == null) {
            LockSupport.parkNanos(nanos);
            return;
        }
        selector.select(1);
        selector.selectedKeys().clear();
        poll(MAX_READS);
    }

    /** Takes what has arrived, at most so many. */
    private void poll(int atMost) throws IOException {
        for (int i = 0; i < atMost && read() != 0; i++) {
            // taken
        }
    }

    private void finish(@Nullable MeasureDatagram hello, @Nullable MeasureDatagram end) {
        OptionalLong dropsHere = drops.now();
        closeChannel();
        closeSelector();
        join(receiver);
        IOException failed = failure;
        if (failed != null) {
            report.completeExceptionally(failed(options, failed));
        } else {
            report.complete(report(hello, end, dropsHere));
        }
    }

    private synchronized MeasureReport report(
            @Nullable MeasureDatagram hello, @Nullable MeasureDatagram end, OptionalLong dropsHere) {
        takeTimes();
        long sentInAll = sent.sum();
        long received = arrivals.received.sum();
        Counts counts = new Counts(
                warmUps.sum(),
                sentInAll,
                missed.sum(),
                received,
                lostUp(hello, end, sentInAll, received),
                arrivals.late.sum(),
                arrivals.duplicates.sum(),
                arrivals.ignored.sum());
        Times times = new Times(
                new TimeHistogram(roundTrips),
                new TimeHistogram(fromIntended),
                new TimeHistogram(timerError.getIntervalHistogram()));
        return new MeasureReport(
                options.endpoint(),
                outcome(hello != null || received > 0),
                (lastSentAt - firstSentAt) / 1e9,
                counts,
                arrivals.order(),
                arrivals.jitter(),
                times,
                new Kernel(dropsHere, dropsThere(hello, end), receiveBuffer));
    }

    private Outcome outcome(boolean answered) {
        if (unreachable) {
            return Outcome.UNREACHABLE;
        }
        if (isStopped()) {
            return Outcome.STOPPED;
        }
        return answered ? Outcome.DONE : Outcome.NO_ANSWER;
    }

    /* A responder forgets what is far behind, and may say anything: its count is held to what is possible. */
    private static OptionalLong lostUp(
            @Nullable MeasureDatagram hello, @Nullable MeasureDatagram end, long sent, long received) {
        if (hello == null || end == null) {
            return OptionalLong.empty();
        }
        long arrived = end.distinct() - hello.distinct();
        return OptionalLong.of(Math.max(0, Math.min(sent - arrived, sent - received)));
    }

    private static OptionalLong dropsThere(@Nullable MeasureDatagram hello, @Nullable MeasureDatagram end) {
        if (hello == null
                || end == null
                || hello.kernelDrops() == MeasureDatagram.UNKNOWN
                || end.kernelDrops() == MeasureDatagram.UNKNOWN
                || end.kernelDrops() < hello.kernelDrops()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(end.kernelDrops() - hello.kernelDrops());
    }

    /* The receiver. */

    private void receive() {
        try {
            while (true) {
                read();
            }
        } catch (PortUnreachableException e) {
            unreachable = true;
        } catch (ClosedChannelException e) {
            return; // by the sender, at the end
        } catch (IOException e) {
            failure = e;
        }
        closed = true; // no answer can come any more: none is waited for
        stop();
        closeChannel();
    }

    /** Takes a datagram; 0 when there is none and the channel does not block. */
    private int read() throws IOException {
        int length = channel.read(inBytes.clear());
        if (length != 0) {
            long now = System.nanoTime();
            take(in.setIndex(0, Math.max(0, length)), now); // the JDK takes an empty datagram for the end of a stream
        }
        return length;
    }

    private void take(ByteBuf bytes, long now) {
        MeasureDatagram answer;
        try {
            answer = MeasureDatagram.decode(bytes);
        } catch (MeasureProtocolException e) {
            arrivals.ignored.increment();
            return;
        }
        if (!isAnswer(answer, bytes.readableBytes(), now)) {
            arrivals.ignored.increment();
        } else if (answer.is(MeasureDatagram.HELLO)) {
            helloAnswer.complete(answer);
        } else if (answer.is(MeasureDatagram.END)) {
            endAnswer.complete(answer);
        } else if (!answer.is(MeasureDatagram.WARM_UP)) {
            arrivals.answered(answer, now);
        }
    }

    /** Whether it answers something that was sent: token, sequence and times must be such as were. */
    private boolean isAnswer(MeasureDatagram answer, int length, long now) {
        boolean fromResponder = options.mode() == Mode.RESPONDER;
        if (length != options.load().sizeBytes() || answer.is(MeasureDatagram.ANSWER) != fromResponder) {
            return false;
        }
        if (answer.sentNanos() - epoch < 0
                || now - answer.sentNanos() < 0
                || answer.sentNanos() - answer.intendedNanos() < 0
                || answer.intendedNanos() - epoch < 0) {
            return false;
        }
        if (answer.is(MeasureDatagram.HELLO)) {
            return fromResponder && answer.sequence() == nonce && answer.token() != 0;
        }
        if (answer.token() != token || token == 0) {
            return false;
        }
        if (answer.is(MeasureDatagram.END)) {
            return fromResponder;
        }
        long limit = answer.is(MeasureDatagram.WARM_UP) ? warmUps.sum() : sent.sum();
        return answer.sequence() >= 0 && answer.sequence() < limit;
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
    }

    private void closeSelector() {
        try {
            if (selector != null) {
                selector.close();
            }
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
