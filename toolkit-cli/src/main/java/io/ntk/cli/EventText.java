package io.ntk.cli;

import io.ntk.core.CloseCause;
import io.ntk.core.Escaped;
import io.ntk.core.JsonWriter;
import io.ntk.core.NetEvent;
import io.ntk.core.ProtocolEvent;
import io.ntk.tcp.http.HttpEvent;
import io.ntk.tcp.line.LineEvent;
import io.ntk.tcp.upload.server.UploadEvent;
import io.ntk.udp.DatagramEvent;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/** The words for events, as people read them; may change between versions, unlike the JSON form. */
final class EventText {
    /** How an event is told. */
    enum Level {
        NORMAL,
        /** Only with {@code -v}. */
        DETAIL,
        /** Something is over in good order. */
        END,
        /** An operator may want to act. */
        ATTENTION
    }

    private EventText() {}

    static Level level(NetEvent event) {
        if (event instanceof DatagramEvent datagram) {
            return datagram instanceof DatagramEvent.Received
                    ? Level.DETAIL
                    : datagram instanceof DatagramEvent.Totals ? Level.END : Level.ATTENTION;
        }
        if (event instanceof NetEvent.Refused || event instanceof NetEvent.Cut || event instanceof NetEvent.Failed) {
            return Level.ATTENTION;
        }
        if (event instanceof NetEvent.Closed closed) {
            return switch (closed.cause()) {
                case PEER, LOCAL, SHUTDOWN -> Level.END;
                default -> Level.ATTENTION;
            };
        }
        if (event instanceof UploadEvent) {
            return event instanceof UploadEvent.Failed ? Level.ATTENTION : Level.NORMAL;
        }
        return event instanceof ProtocolEvent ? Level.DETAIL : Level.NORMAL;
    }

    /** One line without colour, fit for a terminal whatever a peer sent. */
    static String of(NetEvent event) {
        return event.service() + " " + rest(event);
    }

    private static String rest(NetEvent event) {
        if (event instanceof NetEvent.Opened opened) {
            return Escaped.text(opened.peer()) + " opened";
        }
        if (event instanceof NetEvent.Closed closed) {
            return closed(closed);
        }
        if (event instanceof NetEvent.Refused refused) {
            return Escaped.text(refused.peer()) + " refused: "
                    + refused.reason().text();
        }
        if (event instanceof NetEvent.Certificate certificate) {
            return certificate(certificate);
        }
        if (event instanceof NetEvent.Cut cut) {
            return cut(cut);
        }
        if (event instanceof NetEvent.Failed failed) {
            return failed.what() + ": " + failed.why();
        }
        if (event instanceof NetEvent.Listening listening) {
            return "listening " + listening.address();
        }
        if (event instanceof LineEvent line) {
            return line(line);
        }
        if (event instanceof DatagramEvent datagram) {
            return DatagramFigures.text(datagram);
        }
        if (event instanceof HttpEvent.Rejected rejected) {
            return "%s turned down with %d: %s"
                    .formatted(Escaped.text(rejected.peer()), rejected.status(), rejected.reason());
        }
        if (event instanceof UploadEvent upload) {
            return upload(upload);
        }
        return fields(event);
    }

    private static String line(LineEvent event) {
        if (event instanceof LineEvent.Request request) {
            return Escaped.text(request.peer()) + " sent: " + Escaped.text(request.text());
        }
        if (event instanceof LineEvent.Rejected rejected) {
            return Escaped.text(rejected.peer()) + " sent no line: " + rejected.reason();
        }
        LineEvent.Received received = (LineEvent.Received) event;
        return Escaped.text(received.peer()) + " sent " + bytes(received.bytes());
    }

    private static String upload(UploadEvent event) {
        if (event instanceof UploadEvent.Opened opened) {
            String size = opened.size() < 0 ? "" : ", " + bytes(opened.size());
            String present = opened.present() > 0 ? ", " + bytes(opened.present()) + " of it there" : "";
            return Escaped.text(opened.peer()) + " sends " + Escaped.text(opened.path()) + size + present;
        }
        if (event instanceof UploadEvent.Done done) {
            return "%s sent %s, %s, %s"
                    .formatted(
                            Escaped.text(done.peer()),
                            Escaped.text(done.receipt().name()),
                            bytes(done.receipt().size()),
                            time(done.lasted()));
        }
        if (event instanceof UploadEvent.Failed failed) {
            return "%s failed to send %s: %s"
                    .formatted(Escaped.text(failed.peer()), Escaped.text(failed.path()), Escaped.text(failed.why()));
        }
        UploadEvent.Suspended suspended = (UploadEvent.Suspended) event;
        return "%s broke off %s, %s of it kept"
                .formatted(Escaped.text(suspended.peer()), Escaped.text(suspended.path()), bytes(suspended.present()));
    }

    private static String closed(NetEvent.Closed closed) {
        return "%s closed %s, %s in, %s out, %s"
                .formatted(
                        Escaped.text(closed.peer()),
                        cause(closed.cause()),
                        bytes(closed.bytesIn()),
                        bytes(closed.bytesOut()),
                        time(closed.duration()));
    }

    /** How a connection was closed: what stands behind "closed". */
    static String cause(CloseCause cause) {
        return switch (cause) {
            case PEER -> "by peer";
            case LOCAL -> "by us";
            case RESET -> "by reset";
            case IDLE -> "as idle";
            case STALLED -> "as it took no data";
            case HANDSHAKE_TIMEOUT -> "as the handshake was not done in time";
            case TLS -> "as TLS failed";
            case PROTOCOL -> "for breaking the protocol";
            case SHUTDOWN -> "by shutdown";
            case ERROR -> "by an error (-v logs it)";
        };
    }

    private static String certificate(NetEvent.Certificate certificate) {
        return "certificate %s until %s, SHA-256 %s"
                .formatted(
                        Escaped.text(certificate.subject()),
                        LocalDate.ofInstant(certificate.notAfter(), ZoneOffset.UTC),
                        certificate.sha256());
    }

    private static String cut(NetEvent.Cut cut) {
        String more = cut.count() > cut.peers().size() ? ", …" : "";
        return "cut %d %s: %s%s"
                .formatted(
                        cut.count(),
                        cut.count() == 1 ? "connection" : "connections",
                        Escaped.text(String.join(", ", cut.peers())),
                        more);
    }

    /** For events that have no words of their own here: the fields of the JSON form. */
    private static String fields(NetEvent event) {
        JsonWriter json = new JsonWriter();
        event.describe(json);
        String object = json.toString();
        return event.name() + " " + object.substring(1, object.length() - 1);
    }

    /** A number of bytes in a unit that leaves three digits. */
    static String bytes(long count) {
        if (count < 1024) {
            return count + " B";
        }
        double value = count;
        String unit = "B";
        for (String next : new String[] {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
            if (value < 1023.5) {
                break;
            }
            value /= 1024;
            unit = next;
        }
        return String.format(Locale.ROOT, value < 100 ? "%.1f %s" : "%.0f %s", value, unit);
    }

    /** A time to a tenth of a second. */
    static String time(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", duration.toNanos() / 1e9);
        }
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
    }
}
