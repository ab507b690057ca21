package io.ntk.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Service names and ports, as in the system's services file; a short table of well-known ones stands in where there is
 * none.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/services.5.html">services(5)</a>
 */
final class ServiceNames {
    static final Path SYSTEM = Path.of("/etc/services");

    /** One line of the table. */
    record Service(String name, int port, String protocol, List<String> aliases) {
        Service {
            aliases = List.copyOf(aliases);
        }

        boolean isCalled(String wanted) {
            return name.equalsIgnoreCase(wanted) || aliases.stream().anyMatch(wanted::equalsIgnoreCase);
        }
    }

    private static final String WELL_KNOWN = """
            echo 7/tcp
            echo 7/udp
            discard 9/tcp sink null
            discard 9/udp sink null
            daytime 13/tcp
            ftp-data 20/tcp
            ftp 21/tcp
            ssh 22/tcp
            telnet 23/tcp
            smtp 25/tcp mail
            time 37/tcp timserver
            domain 53/tcp
            domain 53/udp
            bootps 67/udp
            bootpc 68/udp
            tftp 69/udp
            http 80/tcp www
            kerberos 88/tcp kerberos5 krb5
            pop3 110/tcp pop-3
            sunrpc 111/tcp portmapper
            ntp 123/udp
            imap2 143/tcp imap
            snmp 161/udp
            bgp 179/tcp
            ldap 389/tcp
            https 443/tcp
            https 443/udp
            submissions 465/tcp ssmtp smtps
            syslog 514/udp
            submission 587/tcp
            ldaps 636/tcp
            domain-s 853/tcp
            imaps 993/tcp
            pop3s 995/tcp
            socks 1080/tcp
            mysql 3306/tcp
            postgresql 5432/tcp postgres
            amqp 5672/tcp
            redis 6379/tcp
            http-alt 8080/tcp webcache
            """;

    private final List<Service> services;
    private final String source;

    private ServiceNames(List<Service> services, String source) {
        this.services = services;
        this.source = source;
    }

    /** Reads a services file, or the built-in table where it cannot be read. */
    static ServiceNames load(Path file) {
        try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            return new ServiceNames(parse(reader.lines()), file.toString());
        } catch (IOException | java.io.UncheckedIOException e) {
            return new ServiceNames(parse(WELL_KNOWN.lines()), "built-in table");
        }
    }

    String source() {
        return source;
    }

    /** All entries of a name or alias, of one protocol or of all when that is empty. */
    List<Service> byName(String name, String protocol) {
        return services.stream()
                .filter(service -> service.isCalled(name) && matches(service, protocol))
                .toList();
    }

    /** All entries of a port, of one protocol or of all when that is empty. */
    List<Service> byPort(int port, String protocol) {
        return services.stream()
                .filter(service -> service.port() == port && matches(service, protocol))
                .toList();
    }

    private static boolean matches(Service service, String protocol) {
        return protocol.isEmpty() || service.protocol().equals(protocol.toLowerCase(Locale.ROOT));
    }

    /** Lines of the form {@code NAME PORT/PROTOCOL ALIAS… # comment}; others are passed over, as the system does. */
    private static List<Service> parse(Stream<String> lines) {
        List<Service> services = new ArrayList<>();
        lines.map(line -> line.replaceFirst("#.*", "").strip()).forEach(line -> {
            List<String> words = List.of(line.split("\\s+", -1));
            int slash = words.size() < 2 ? -1 : words.get(1).indexOf('/');
            if (slash > 0 && words.get(1).substring(0, slash).matches("\\d{1,5}")) {
                int port = Integer.parseInt(words.get(1).substring(0, slash));
                String protocol = words.get(1).substring(slash + 1).toLowerCase(Locale.ROOT);
                services.add(new Service(words.get(0), port, protocol, words.subList(2, words.size())));
            }
        });
        return services;
    }
}
