package io.ntk.cli;

import io.ntk.core.Escaped;
import io.ntk.core.Ndjson;
import io.ntk.core.SocketOptions;
import io.ntk.udp.DatagramEvent;
import io.ntk.udp.DatagramServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What {@code udp serve} tells in numbers: its buffers, the figures of each interval, and the words of its events. */
final class DatagramFigures {
    private final DatagramServer server;
    private long at = System.nanoTime();
    private long received;
    private long bytesIn;
    private long sent;

    DatagramFigures(DatagramServer server) {
        this.server = server;
    }

    /** Tells what has come since the last time: a line for people, even those who want it quiet, or an event. */
    void tell(Output output) {
        long now = System.nanoTime();
        double seconds = (now - at) / 1e9;
        var traffic = server.traffic();
        double datagrams = (traffic.received() - received) / seconds;
        double bytes = (traffic.bytesIn() - bytesIn) / seconds;
        double answers = (traffic.sent() - sent) / seconds;
        OptionalLong drops = server.kernelDrops().now();
        at = now;
        received = traffic.received();
        bytesIn = traffic.bytesIn();
        sent = traffic.sent();
        if (output.json()) {
            output.offer(Ndjson.start("udp", "stats", Instant.now())
                    .field("received", received)
                    .field("bytesIn", bytesIn)
                    .field("sent", sent)
                    .field("receivedPerSecond", Math.round(datagrams))
                    .field("bytesInPerSecond", Math.round(bytes))
                    .field("sentPerSecond", Math.round(answers))
                    .field("kernelDrops", drops.isPresent() ? (double) drops.getAsLong() : Double.NaN)
                    .toString());
        } else {
            output.always(String.format(
                    Locale.ROOT,
                    "%.0f datagrams/s in, %s/s, %.0f datagrams/s out, %s",
                    datagrams,
                    EventText.bytes(Math.round(bytes)),
                    answers,
                    drops(drops)));
        }
    }

    private static String drops(OptionalLong drops) {
        return drops.isPresent()
                ? drops.getAsLong() + " dropped by the kernel so far"
                : "unknown how many the kernel dropped";
    }

    /** What was asked for and what was granted, for each kind of buffer. */
    static List<String> buffers(SocketOptions asked, DatagramServer server) {
        List<String> lines = new ArrayList<>();
        for (Map<String, String> granted : server.granted()) {
            buffer(lines, "receive", asked.receiveBuffer(), granted.get("so-rcvbuf"), "net.core.rmem_max");
            buffer(lines, "send", asked.sendBuffer(), granted.get("so-sndbuf"), "net.core.wmem_max");
        }
        return lines.stream().distinct().toList();
    }

    private static void buffer(List<String> lines, String kind, int asked, @Nullable String granted, String knob) {
        if (asked == 0 || granted == null) {
            return;
        }
        long bytes = Long.parseLong(granted);
        String line = "%s buffer: asked for %d bytes, granted %d".formatted(kind, asked, bytes);
        lines.add(bytes < asked ? line + " (on Linux, sysctl -w " + knob + "=" + asked + " allows more)" : line);
    }

    /** The words for an event, behind the name of the service. */
    static String text(DatagramEvent event) {
        if (event instanceof DatagramEvent.Received received) {
            return Escaped.text(received.peer()) + " sent "
                    + DatagramText.bytes(received.payload().remaining());
        }
        if (event instanceof DatagramEvent.Truncated truncated) {
            return "%s sent more than %d bytes, cut there and not answered%s"
                    .formatted(
                            Escaped.text(truncated.peer()),
                            truncated.limit(),
                            truncated.count() > 1 ? " (" + truncated.count() + " times)" : "");
        }
        if (event instanceof DatagramEvent.Unanswered unanswered) {
            return "%s gets no answer of %s: %s (told once, counted on)"
                    .formatted(
                            Escaped.text(unanswered.peer()),
                            DatagramText.bytes(unanswered.bytes()),
                            rule(unanswered.rule()));
        }
        if (event instanceof DatagramEvent.Muted muted) {
            return "%s sends our own answers back: muted for %d s%s"
                    .formatted(
                            Escaped.text(muted.peer()),
                            muted.seconds(),
                            muted.count() > 1 ? " (and " + (muted.count() - 1) + " others)" : "");
        }
        DatagramEvent.Totals totals = (DatagramEvent.Totals) event;
        return "received %d datagrams, %s; sent %d, %s; refused %d answers; %s"
                .formatted(
                        totals.received(),
                        EventText.bytes(totals.bytesIn()),
                        totals.sent(),
                        EventText.bytes(totals.bytesOut()),
                        totals.refused(),
                        drops(totals.kernelDrops()));
    }

    private static String rule(String rule) {
        return switch (rule) {
            case "port" -> "its port is one that answers by itself, or ours";
            case "size" -> "it would be longer than the request";
            case "rate" -> "its address has had its share of answers";
            case "loop" -> "it sends our answers back";
            default -> "nothing was asked";
        };
    }
}
