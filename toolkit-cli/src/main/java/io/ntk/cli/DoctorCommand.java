package io.ntk.cli;

import io.ntk.core.JsonWriter;
import io.ntk.core.Limits;
import io.ntk.core.Ndjson;
import io.ntk.core.OpenFiles;
import io.ntk.core.Reason;
import io.ntk.core.SocketOptions;
import io.ntk.core.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ntk doctor}: what this machine can do, and what holds it back. */
@Command(
        name = "doctor",
        description = {
            "Tells what this machine can do, and what holds it back.",
            "One finding a line: ok, warn (with what to do about it) or no, what it is about, and the finding."
        })
@Examples({
    "ntk doctor                           # transports, limits, buffers, Java",
    "ntk doctor --max-connections 50000   # would so many fit?",
    "ntk doctor --json                    # for scripts",
})
final class DoctorCommand implements Verb {
    private static final Path SYSCTL = Path.of("/proc/sys");

    /** How good a finding is. */
    enum Status {
        /** As it should be. */
        OK,
        /** It works, and could work better. */
        WARN,
        /** Not here. */
        NO
    }

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "Connections to make room for (default 16384).")
    int maxConnections = 16_384;

    @Mixin
    OutputMixin output = new OutputMixin();

    private record Finding(Status status, String about, String text) {
        JsonWriter json() {
            return new JsonWriter()
                    .field("status", status.name().toLowerCase(Locale.ROOT))
                    .field("about", about)
                    .field("finding", text);
        }
    }

    private final List<Finding> findings = new ArrayList<>();

    @Override
    public ExitCode run(Session session) {
        java();
        transports();
        openFiles();
        buffers();
        ipv6();
        encoding();
        if (session.output().json()) {
            session.output()
                    .document(Ndjson.start("doctor", "findings", Instant.now())
                            .objects(
                                    "findings",
                                    findings.stream().map(Finding::json).toList()));
        } else {
            findings.forEach(finding -> session.output()
                    .data(String.format(
                            Locale.ROOT,
                            "%-4s %-12s %s",
                            finding.status().name().toLowerCase(Locale.ROOT),
                            finding.about(),
                            finding.text())));
        }
        return ExitCode.DONE;
    }

    private void add(Status status, String about, String text) {
        findings.add(new Finding(status, about, text));
    }

    private void java() {
        add(
                Status.OK,
                "java",
                System.getProperty("java.vm.name") + " " + Runtime.version() + " at "
                        + System.getProperty("java.home"));
        String archive = System.getProperty("ntk.archive", "");
        if (archive.isEmpty()) {
            add(
                    Status.WARN,
                    "archive",
                    "no class-data archive in use: starting takes about twice as long (start ntk by its launcher; the"
                            + " second start has one)");
        } else {
            add(Status.OK, "archive", archive);
        }
        long heap = Runtime.getRuntime().maxMemory() >> 20;
        add(
                heap > 512 ? Status.OK : Status.WARN,
                "heap",
                heap + " MiB at most"
                        + (heap > 512 ? "" : ", which Netty's allocator finds small (NTK_JAVA_OPTS=-Xmx1g)"));
    }

    private void transports() {
        add(Status.OK, "transport", "auto is " + Transport.AUTO.resolve());
        for (Transport transport : List.of(Transport.NIO, Transport.EPOLL, Transport.IO_URING, Transport.KQUEUE)) {
            Throwable cause = transport.unavailabilityCause();
            if (cause == null) {
                add(Status.OK, "transport", transport + " works");
            } else {
                add(Status.NO, "transport", transport + " does not work: " + root(cause));
            }
        }
    }

    private static String root(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return Reason.of(cause);
    }

    private void openFiles() {
        long limit = OpenFiles.limit();
        int room = Limits.defaultMaxConnections(limit);
        String text = limit + " open files allowed, room for " + room + " connections";
        if (limit - 128 >= maxConnections) {
            add(Status.OK, "open files", text);
        } else {
            add(
                    Status.WARN,
                    "open files",
                    text + ", not for " + maxConnections + " (raise it: ulimit -n " + (maxConnections + 128) + ")");
        }
    }

    private void buffers() {
        String backlog = sysctl("net/core/somaxconn");
        if (backlog == null) {
            add(Status.NO, "buffers", "this system does not tell its socket limits in /proc/sys");
            return;
        }
        int wanted = SocketOptions.DEFAULTS.backlog();
        add(
                Long.parseLong(backlog) >= wanted ? Status.OK : Status.WARN,
                "backlog",
                "the kernel keeps at most " + backlog + " connections waiting"
                        + (Long.parseLong(backlog) >= wanted
                                ? ""
                                : ", ntk asks for " + wanted + " (sysctl net.core.somaxconn=" + wanted + ")"));
        add(
                Status.OK,
                "buffers",
                "--so-rcvbuf up to " + sysctl("net/core/rmem_max") + ", --so-sndbuf up to "
                        + sysctl("net/core/wmem_max")
                        + " bytes; by itself TCP goes up to " + last(sysctl("net/ipv4/tcp_rmem")) + " and "
                        + last(sysctl("net/ipv4/tcp_wmem")));
    }

    private static @Nullable String sysctl(String name) {
        // Such a file is read whole at the first read or not at all; Files.readString starts with a few bytes.
        try (BufferedReader file = Files.newBufferedReader(SYSCTL.resolve(name))) {
            return file.readLine();
        } catch (IOException e) {
            return null;
        }
    }

    private static String last(@Nullable String values) {
        return values == null ? "unknown" : values.substring(values.lastIndexOf('\t') + 1);
    }

    private void ipv6() {
        byte[] loopback = new byte[16];
        loopback[15] = 1;
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByAddress(loopback))) {
            add(Status.OK, "ipv6", "works on [::1], tried port " + probe.getLocalPort());
        } catch (IOException e) {
            add(Status.NO, "ipv6", "does not work: " + Reason.of(e));
        }
    }

    private void encoding() {
        String names = System.getProperty("sun.jnu.encoding", "");
        boolean utf8 = Charset.isSupported(names) && Charset.forName(names).equals(StandardCharsets.UTF_8);
        add(
                utf8 ? Status.OK : Status.WARN,
                "encoding",
                "arguments and file names are " + names
                        + (utf8 ? "" : ", others than these are destroyed (LC_ALL=C.UTF-8)"));
    }
}
