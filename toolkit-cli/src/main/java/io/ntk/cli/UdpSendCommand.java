package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.SocketOptions;
import io.ntk.core.Transport;
import io.ntk.udp.DatagramClient;
import io.ntk.udp.DatagramClientOptions;
import io.ntk.udp.DatagramClientOptions.Answers;
import io.ntk.udp.DatagramGenerator;
import io.ntk.udp.DatagramOptions;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ntk udp send}: datagrams to one target, and its answers. */
@Command(
        name = "send",
        description = {
            "Sends datagrams over UDP or a Unix socket: each argument is one, or each line of standard input, or a file,"
                    + " or --count of them made up.",
            "",
            "On a terminal it asks for lines until \"exit\" or Ctrl-D; in a pipe a line \"exit\" ends it too, unless"
                    + " --literal. It waits for answers only with --reply-wait, --timeout or --retries, and then ends"
                    + " with 124 when none came. Answers of others than the target do not count, but for groups and"
                    + " broadcast, whose answers are waited for all the time."
        })
@Examples({
    "ntk udp send 9001 hello                   # one datagram",
    "ntk udp send 9001 hello --reply-wait 1s   # and what comes back",
    "ntk udp send 9001 hello --retries 3       # again, until it is answered",
    "ntk udp send 9001                         # what you type, until exit",
    "ntk udp send 239.1.2.3:9001 hi --ttl 4    # to a multicast group",
    "ntk udp send 9001 --size 200 --count 10000 --rate 1000   # load",
})
final class UdpSendCommand implements Verb {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(1);
    /* One byte more than any datagram over UDP; a Unix socket may take more, up to its send buffer. */
    private static final int MAX_FILE_BYTES = 16 * 1024 * 1024;
    private static final String EXIT = "exit";

    @Parameters(
            index = "0",
            paramLabel = "ENDPOINT",
            description = "HOST:PORT, [V6]:PORT, PORT (loopback) or unix:PATH.")
    @Nullable
    Endpoint endpoint;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "TEXT", description = "The datagrams, one each.")
    List<String> texts = new ArrayList<>();

    @Option(names = "--file", paramLabel = "FILE", description = "Send this file as one datagram.")
    @Nullable
    Path file;

    @Range(min = 0, max = DatagramOptions.MAX_DATAGRAM_BYTES)
    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "Make datagrams of so many bytes up: their number, then dots (default with --count: 64).")
    @Nullable
    Integer size;

    @Range(min = 1)
    @Option(
            names = "--count",
            paramLabel = "N",
            description = "How many datagrams to make up (default with --size: 1).")
    @Nullable
    Integer count;

    @Option(names = "--literal", description = "A line \"exit\" of a pipe is a datagram like any other.")
    boolean literal;

    @Option(
            names = "--reply-wait",
            paramLabel = "TIME",
            description = "When all is sent, wait so long for answers; shorter when each datagram has one.")
    @Nullable
    Duration replyWait;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "Wait so long for an answer to each datagram before the next (default with --retries: 1s).")
    @Nullable
    Duration timeout;

    @Range(min = 0, max = 100)
    @Option(
            names = "--retries",
            paramLabel = "N",
            description = "Send a datagram again, so often, when it is not answered in time; the time doubles each time"
                    + " (default: 0).")
    @Nullable
    Integer retries;

    @Option(names = "--interval", paramLabel = "TIME", description = "The time between two datagrams (default: none).")
    @Nullable
    Duration interval;

    @Range(min = 1)
    @Option(names = "--rate", paramLabel = "N", description = "Datagrams a second (default: as fast as it goes).")
    @Nullable
    Integer rate;

    @Range(min = 1, max = 255)
    @Option(names = "--ttl", paramLabel = "N", description = "Hops, 1 to 255 (default: the system's; for groups 1).")
    @Nullable
    Integer ttl;

    @Option(names = "--broadcast", description = "The target is a broadcast address.")
    boolean broadcast;

    @Option(
            names = "--source",
            paramLabel = "ADDRESS[:PORT]",
            description = "Send from this address of yours; for a group it decides the interface.")
    @Nullable
    String source;

    @Option(names = "--hex", description = "Show answers as a hex dump.")
    boolean hex;

    @Option(names = "--raw", description = "Write the payload of answers to standard output, as it came.")
    boolean raw;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            completionCandidates = Converters.TransportNames.class,
            description = "auto (default), nio, epoll, io_uring or kqueue.")
    @Nullable
    Transport transport;

    @Option(
            names = "--send-buffer",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "Send buffer to ask for (default: the kernel's choice).")
    @Nullable
    Integer sendBuffer;

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException, InterruptedException {
        DatagramClientOptions options = options();
        EventLoops loops = session.loops(transport == null ? Transport.AUTO : transport, 1);
        DatagramAnswers answered = new DatagramAnswers(session.output(), DatagramView.of(hex, raw));
        try (DatagramClient client = DatagramClient.open(options, loops, answered)) {
            answered.showPeers(client.isForMany());
            session.stop().atEnd(client::close); // a Unix client has a file of its own
            ExitCode exit = send(session, new Sender(client, session.output()), answered);
            String why = answered.unreachable();
            if (exit == ExitCode.DONE && why != null && client.answers() == 0) {
                throw new IOException("cannot send to " + endpoint + ": " + why);
            }
            return exit;
        }
    }

    private ExitCode send(Session session, Sender sender, DatagramAnswers answered)
            throws IOException, InterruptedException {
        if (size != null || count != null) {
            generate(sender);
        } else if (file != null) {
            try (InputStream bytes = new FileInputStream(file.toFile())) {
                sender.next(bytes.readNBytes(MAX_FILE_BYTES));
            }
        } else if (!texts.isEmpty()) {
            for (String text : texts) {
                sender.next(text.getBytes(UTF_8));
            }
        } else {
            lines(session, sender);
        }
        return sender.end(answered);
    }

    private void generate(Sender sender) throws IOException {
        int bytes = size == null ? 64 : size;
        long number = count == null ? 1 : count;
        new DatagramGenerator(sender.client, bytes).send(number, perSecond());
        sender.sent += number;
    }

    private void lines(Session session, Sender sender) throws IOException, InterruptedException {
        boolean prompts = session.environment().terminals().contains(Standard.IN)
                && session.environment().terminals().contains(Standard.ERR);
        var input =
                new BufferedReader(new InputStreamReader(session.environment().in(), UTF_8));
        while (true) {
            if (prompts) {
                session.output().settle(); // answers on standard output come first
                session.output().prompt("> ");
            }
            String line = input.readLine();
            if (line == null && prompts) {
                session.output().prompt("\n"); // Ctrl-D leaves the cursor behind the prompt
            }
            if (line == null || (line.equals(EXIT) && (prompts || !literal))) {
                return;
            }
            sender.next(line.getBytes(UTF_8));
        }
    }

    /** Sends one after the other, in the way that the options ask for. */
    private final class Sender {
        private final DatagramClient client;
        private final Output out;
        private final Duration pause;
        private long sent;
        private long unanswered;
        private long nextAt = System.nanoTime();

        Sender(DatagramClient client, Output out) {
            this.client = client;
            this.out = out;
            this.pause = interval != null ? interval : Duration.ofNanos(rate == null ? 0 : 1_000_000_000L / rate);
        }

        void next(byte[] payload) throws IOException, InterruptedException {
            long wait = nextAt - System.nanoTime();
            if (sent > 0 && wait > 0) {
                TimeUnit.NANOSECONDS.sleep(wait);
            }
            nextAt = Math.max(nextAt, System.nanoTime() - pause.toNanos()) + pause.toNanos();
            sent++;
            ByteBuffer bytes = ByteBuffer.wrap(payload);
            if (timeout == null && retries == null) {
                client.send(bytes);
                return;
            }
            int tries = 1 + (retries == null ? 0 : retries);
            if (!client.request(bytes, tries, timeout == null ? DEFAULT_TIMEOUT : timeout)) {
                unanswered++;
                out.error("no answer from " + endpoint + (tries == 1 ? "" : " to " + tries + " tries"));
            }
        }

        ExitCode end(DatagramAnswers answered) throws InterruptedException, IOException {
            out.detail("sent " + sent + (sent == 1 ? " datagram" : " datagrams"));
            if (replyWait != null) {
                long wanted = client.isForMany() ? Long.MAX_VALUE : sent;
                client.await(wanted, replyWait);
                String why = answered.unreachable();
                if (client.answers() == 0 && why != null) {
                    throw new IOException("cannot send to " + endpoint + ": " + why);
                }
                if (client.answers() == 0) {
                    out.error("no answer from " + endpoint + " in " + EventText.time(replyWait));
                    return ExitCode.DEADLINE;
                }
            }
            return unanswered > 0 ? ExitCode.DEADLINE : ExitCode.DONE;
        }
    }

    private long perSecond() {
        if (rate != null) {
            return rate;
        }
        return interval == null || interval.isZero() ? 0 : Math.max(1, 1_000_000_000L / interval.toNanos());
    }

    private DatagramClientOptions options() {
        if (endpoint == null) {
            throw new IllegalArgumentException("ENDPOINT is missing");
        }
        int kinds = (texts.isEmpty() ? 0 : 1) + (file == null ? 0 : 1) + (size == null && count == null ? 0 : 1);
        if (kinds > 1) {
            throw new IllegalArgumentException("TEXT, --file and --size with --count exclude each other");
        }
        if (rate != null && interval != null) {
            throw new IllegalArgumentException("--rate and --interval exclude each other");
        }
        if ((timeout != null || retries != null) && (size != null || count != null)) {
            throw new IllegalArgumentException(
                    "--timeout and --retries have no meaning with --size and --count (expected: --reply-wait)");
        }
        for (Duration time : new Duration[] {timeout, replyWait}) {
            if (time != null && (time.isZero() || time.compareTo(Duration.ofDays(365)) > 0)) {
                throw new IllegalArgumentException("time to wait: " + time + " (expected: > 0, at most 365 days)");
            }
        }
        boolean answers = timeout != null || retries != null || replyWait != null;
        SocketOptions socket = SocketOptions.DEFAULTS.withBuffers(
                answers ? DatagramOptions.DEFAULT_RECEIVE_BUFFER : 0, sendBuffer == null ? 0 : sendBuffer);
        DatagramClientOptions options = DatagramClientOptions.to(endpoint)
                .withSocket(socket)
                .withTtl(ttl == null ? 0 : ttl)
                .withBroadcast(broadcast)
                .withAnswers(answers ? Answers.WANTED : Answers.NONE);
        return source == null ? options : options.withSource(Converters.source(source));
    }
}
