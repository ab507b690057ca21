package io.ntk.cli;

import io.ntk.core.Endpoint;
import io.ntk.core.Escaped;
import io.ntk.core.EventLoops;
import io.ntk.core.JsonWriter;
import io.ntk.core.Ndjson;
import io.ntk.core.Transport;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ntk resolve}: names, addresses and services. */
@Command(
        name = "resolve",
        description = {
            "Looks up names, addresses and services, as programs on this machine do.",
            "One fact a line: what was asked for, what kind of fact it is, and its value."
        })
@Examples({
    "ntk resolve localhost                      # canonical name, names, addresses",
    "ntk resolve 127.0.0.1 ::1                  # names of addresses",
    "ntk resolve --service http/tcp --port 22   # service names and ports",
    "ntk resolve --dns 127.0.0.1 --type MX example.org   # ask one name server",
})
final class ResolveCommand implements Verb {
    private static final int DNS_PORT = 53;

    @Parameters(arity = "0..*", paramLabel = "NAME|ADDRESS", description = "What to look up.")
    List<String> names = List.of();

    @Option(
            names = "--service",
            split = ",",
            paramLabel = "NAME[/PROTOCOL]",
            description = "A service by its name or an alias; repeatable.")
    List<String> services = List.of();

    @Option(
            names = "--port",
            split = ",",
            paramLabel = "PORT[/PROTOCOL]",
            description = "A service by its port; repeatable.")
    List<String> ports = List.of();

    @Option(names = "--dns", paramLabel = "SERVER[:PORT]", description = "Ask this name server, not the system.")
    @Nullable
    String dns;

    @Option(
            names = "--type",
            split = ",",
            paramLabel = "TYPE",
            description =
                    "What to ask it for: A, AAAA, PTR, CNAME, MX, TXT, SRV, NS or SOA (default A and AAAA; PTR for"
                            + " an address); repeatable.")
    List<DnsQuestion.Type> types = List.of();

    @Option(names = "--timeout", paramLabel = "TIME", description = "How long each look-up may take (default 5s).")
    Duration timeout = Duration.ofSeconds(5);

    @Mixin
    OutputMixin output = new OutputMixin();

    /** What was found, in both forms. */
    private final List<String> lines = new ArrayList<>();

    private final List<JsonWriter> objects = new ArrayList<>();
    private ExitCode exit = ExitCode.DONE;

    @Override
    public ExitCode run(Session session) throws InterruptedException {
        if (names.isEmpty() && services.isEmpty() && ports.isEmpty()) {
            throw new IllegalArgumentException(
                    "nothing to resolve (expected: a name, an address, --service or --port)");
        }
        if (timeout.isZero()) {
            throw new IllegalArgumentException("--timeout: 0 (expected: > 0)");
        }
        if (!types.isEmpty() && dns == null) {
            throw new IllegalArgumentException("--type asks a name server directly (expected: --dns SERVER with it)");
        }
        if (!services.isEmpty() || !ports.isEmpty()) {
            findServices(session.output());
        }
        Questions questions = questions(session);
        for (String name : names) {
            find(name, questions, session.output());
        }
        if (session.output().json()) {
            session.output()
                    .document(Ndjson.start("resolve", "resolved", Instant.now()).objects("results", objects));
        } else {
            lines.forEach(session.output()::data);
        }
        return exit;
    }

    /** Who answers questions about names. */
    @FunctionalInterface
    private interface Questions {
        void ask(String name) throws IOException, TimeoutException, InterruptedException;
    }

    private Questions questions(Session session) {
        if (dns == null) {
            return name -> {
                NameLookup.Found found = NameLookup.find(name, timeout);
                lines.addAll(found.lines());
                objects.add(found.json());
            };
        }
        Endpoint.Inet server = server(dns);
        EventLoops loops = session.loops(Transport.NIO, 1);
        return name -> ask(server, name, loops);
    }

    private void find(String name, Questions questions, Output output) throws InterruptedException {
        try {
            questions.ask(name);
        } catch (TimeoutException e) {
            output.error("cannot resolve " + name + ": no answer in " + timeout.toMillis() + " ms");
            exit = ExitCode.DEADLINE;
        } catch (IOException e) {
            output.error(e.getMessage() == null ? e.toString() : e.getMessage());
            exit = exit == ExitCode.DONE ? ExitCode.FAILED : exit;
        }
    }

    private void ask(Endpoint.Inet server, String name, EventLoops loops)
            throws IOException, TimeoutException, InterruptedException {
        boolean any = false;
        for (DnsQuestion.Type type : types(name)) {
            for (DnsQuestion.Answer answer : DnsQuestion.ask(server, name, type, timeout, loops)) {
                any = true;
                lines.add(Escaped.text(name) + " " + answer.type() + " " + Escaped.text(answer.data()));
                objects.add(new JsonWriter()
                        .field("asked", name)
                        .field("name", answer.name())
                        .field("type", answer.type())
                        .field("ttl", answer.ttl())
                        .field("data", answer.data()));
            }
        }
        if (!any) {
            throw new IOException("cannot resolve " + name + ": " + server + " has no such record");
        }
    }

    /** {@code HOST}, {@code HOST:PORT}, an IPv6 address, or one in brackets with or without a port. */
    private static Endpoint.Inet server(String text) {
        boolean bracketed = text.startsWith("[");
        if (bracketed && text.endsWith("]")) {
            return new Endpoint.Inet(text.substring(1, text.length() - 1), DNS_PORT);
        }
        boolean withPort = bracketed || (text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':'));
        if (!withPort) {
            return new Endpoint.Inet(text, DNS_PORT);
        }
        if (Endpoint.parse(text) instanceof Endpoint.Inet inet) {
            return inet;
        }
        throw new IllegalArgumentException("--dns: " + text + " (expected: SERVER or SERVER:PORT)");
    }

    private List<DnsQuestion.Type> types(String name) {
        if (!types.isEmpty()) {
            return types;
        }
        boolean address = !DnsQuestion.asked(name, DnsQuestion.Type.PTR).equals(name);
        return address ? List.of(DnsQuestion.Type.PTR) : List.of(DnsQuestion.Type.A, DnsQuestion.Type.AAAA);
    }

    private void findServices(Output output) {
        ServiceNames table = ServiceNames.load(ServiceNames.SYSTEM);
        output.detail("services from: " + table.source());
        for (String asked : services) {
            String[] parts = parts(asked);
            add(asked, table.byName(parts[0], parts[1]), output);
        }
        for (String asked : ports) {
            String[] parts = parts(asked);
            if (!parts[0].matches("\\d{1,5}") || Integer.parseInt(parts[0]) > 65_535) {
                throw new IllegalArgumentException(
                        "--port: " + asked + " (expected: 0 to 65535, such as 22 or 53/udp)");
            }
            add(asked, table.byPort(Integer.parseInt(parts[0]), parts[1]), output);
        }
    }

    private void add(String asked, List<ServiceNames.Service> found, Output output) {
        if (found.isEmpty()) {
            output.error("cannot resolve " + asked + ": unknown service");
            exit = ExitCode.FAILED;
        }
        for (ServiceNames.Service service : found) {
            lines.add(Escaped.text(asked) + " service " + service.name() + " " + service.port() + "/"
                    + service.protocol());
            objects.add(new JsonWriter()
                    .field("asked", asked)
                    .field("service", service.name())
                    .field("port", service.port())
                    .field("protocol", service.protocol())
                    .field("aliases", service.aliases()));
        }
    }

    private static String[] parts(String text) {
        int slash = text.indexOf('/');
        return slash < 0 ? new String[] {text, ""} : new String[] {text.substring(0, slash), text.substring(slash + 1)};
    }
}
