package io.ntk.cli;

import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.udp.DatagramEvent;
import io.ntk.udp.DatagramOptions;
import io.ntk.udp.DatagramServer;
import io.ntk.udp.MulticastGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ntk udp serve}: shows datagrams, and answers them. */
@Command(
        name = "serve",
        description = {
            "Receives datagrams over UDP or Unix sockets, on 127.0.0.1:9001 unless --listen says otherwise: a line for"
                    + " each, and an answer where --reply asks for one.",
            "",
            "Replies: none (default), echo (every datagram back), upper (in upper case), fixed:TEXT, measure (answers"
                    + " ntk udp measure).",
            "",
            "Whatever answers can be abused with forged senders. The guard, on unless --guard off, sends no answer that"
                    + " is longer than its request, none to ports of services that answer by themselves, or to its own,"
                    + " and to one address (of IPv6: one /64) at most 1000 a second with a burst of 2000, loopback"
                    + " exempt; and a peer that sends back our own answer 8 times running gets none for 60 s."
        })
@Examples({
    "ntk udp serve                         # show what arrives on 127.0.0.1:9001",
    "ntk udp serve --reply echo            # and send it back",
    "ntk udp serve --count 1 --raw         # the payload of one datagram",
    "ntk udp serve --join 239.1.2.3%lo     # a multicast group",
    "ntk udp serve --listen unix:/tmp/s    # Unix datagrams",
    "ntk udp serve --reply echo -q --stats 1s   # fast, figures each second",
})
final class UdpServeCommand implements Verb {
    static final int DEFAULT_PORT = 9001;

    @Option(
            names = "--reply",
            paramLabel = "KIND",
            converter = DatagramReply.Converter.class,
            description = "none (default), echo, upper, fixed:TEXT or measure.")
    DatagramReply reply = new DatagramReply(DatagramReply.Kind.NONE, "");

    @Option(names = "--hex", description = "Show datagrams as a hex dump.")
    boolean hex;

    @Option(
            names = "--raw",
            description =
                    "Write the payload alone to standard output, as it came; \"listening\" goes to standard error.")
    boolean raw;

    @Option(
            names = "--join",
            paramLabel = "GROUP[%INTERFACE]",
            split = ",",
            description = "Join a multicast group, IPv4 or IPv6. Without --listen it listens on the groups themselves,"
                    + " port 9001. Repeatable.")
    List<String> join = new ArrayList<>();

    @Option(names = "--broadcast", description = "Answers may go to broadcast addresses.")
    boolean broadcast;

    @Range(min = 1)
    @Option(names = "--count", paramLabel = "N", description = "End after so many datagrams.")
    @Nullable
    Integer count;

    @Option(names = "--for", paramLabel = "TIME", description = "End after so long.")
    @Nullable
    Duration duration;

    @Option(
            names = "--stats",
            paramLabel = "TIME",
            description = "So often, the datagrams and bytes a second, and what the kernel dropped, on standard error.")
    @Nullable
    Duration stats;

    @Range(min = 1, max = DatagramOptions.MAX_DATAGRAM_BYTES)
    @Option(
            names = "--max-datagram",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "The longest datagram, a longer one is cut and told as truncated; smaller values allow larger"
                    + " batches (default: 65527).")
    @Nullable
    Integer maxDatagram;

    @Option(
            names = "--guard",
            paramLabel = "on|off",
            description = "The reflection guard: on (default), or off, for closed networks and benchmarks alone.")
    OnOff guard = OnOff.ON;

    @Mixin
    DatagramListenMixin listen = new DatagramListenMixin();

    @Mixin
    OutputMixin output = new OutputMixin();

    /* Its threads start when they are needed. */
    private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(1, task -> {
        Thread thread = new Thread(task, "ntk-clock");
        thread.setDaemon(true);
        return thread;
    });

    @Override
    public ExitCode run(Session session) {
        DatagramView view = DatagramView.of(hex, raw);
        if (raw) {
            if (session.output().json()) {
                throw new IllegalArgumentException("--raw and --json exclude each other");
            }
            session.output().announce(Output.Announce.ON_ERR);
        }
        for (Duration time : new Duration[] {duration, stats}) {
            if (time != null && (time.isZero() || time.compareTo(Duration.ofDays(365)) > 0)) {
                throw new IllegalArgumentException("--for and --stats: " + time + " (expected: > 0, at most 365 days)");
            }
        }
        DatagramOptions options = options();
        NetListener listener = listener(session.output(), view);
        try {
            return session.serve(List.of(() -> {
                DatagramServer server =
                        DatagramServer.start(options, DatagramReply.responder(reply, listener), listener);
                begin(session, options, server);
                return server;
            }));
        } finally {
            clock.shutdownNow();
        }
    }

    /** Each datagram is shown, unless nobody is to be told anything. */
    private NetListener listener(Output output, DatagramView view) {
        boolean measures = reply.kind() == DatagramReply.Kind.MEASURE; // by the thousand a second, and of no interest
        if (measures || output.verbosity() == Verbosity.QUIET) {
            return output;
        }
        if (output.json()) {
            return DatagramEvent.Listener.of(output);
        }
        return DatagramEvent.Listener.of(event -> {
            if (event instanceof DatagramEvent.Received datagram) {
                boolean whole = datagram.extent() == DatagramEvent.Extent.WHOLE;
                view.show(output, datagram.peer(), datagram.payload(), whole);
            } else {
                output.on(event);
            }
        });
    }

    private void begin(Session session, DatagramOptions options, DatagramServer server) {
        Output out = session.output();
        if (!out.json()) {
            if (!options.groups().isEmpty()) {
                options.listen().endpoints().stream()
                        .filter(each -> each instanceof Endpoint.Inet inet
                                && (inet.host().startsWith("127.")
                                        || inet.host().equals("::1")))
                        .forEach(each -> out.warning("datagrams to a group do not reach " + each
                                + "; listen on 0.0.0.0, [::] or the group itself"));
            }
            DatagramFigures.buffers(options.listen().socket(), server).forEach(out::notice);
        }
        if (stats != null) {
            DatagramFigures figures = new DatagramFigures(server);
            Runnable tell = () -> figures.tell(out);
            clock.scheduleAtFixedRate(tell, stats.toNanos(), stats.toNanos(), TimeUnit.NANOSECONDS);
        }
        if (duration != null) {
            clock.schedule(() -> session.stop().ask(ExitCode.DONE), duration.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private DatagramOptions options() {
        List<MulticastGroup> groups = join.stream().map(MulticastGroup::parse).toList();
        List<Endpoint> endpoints = groups.isEmpty()
                ? DatagramOptions.DEFAULTS.listen().endpoints()
                : groups.stream()
                        .map(group -> group.address().getHostAddress())
                        .distinct()
                        .<Endpoint>map(host -> new Endpoint.Inet(host, DEFAULT_PORT))
                        .toList();
        ListenOptions where = listen.options(endpoints);
        DatagramOptions options = DatagramOptions.DEFAULTS
                .withListen(where)
                .withGroups(groups)
                .withBroadcast(broadcast)
                .withMaxDatagrams(count == null ? 0 : count);
        if (maxDatagram != null) {
            options = options.withMaxDatagramBytes(maxDatagram);
        }
        return guard == OnOff.OFF ? options.withGuard(null) : options;
    }
}
