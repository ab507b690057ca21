package io.ntk.cli;

import io.netty.util.NetUtil;
import io.ntk.core.Escaped;
import io.ntk.core.JsonWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Looks names and addresses up as programs on this machine do: hosts file, then name servers. */
final class NameLookup {
    private static final Path HOSTS = Path.of("/etc/hosts");

    /**
     * What is known of a name or an address.
     *
     * @param asked as it was asked for
     * @param canonical the one name that stands for it; the address itself when it has none
     * @param names all names, from the hosts file and from looking the addresses up in reverse
     * @param addresses all addresses, in the order of the system
     */
    record Found(String asked, String canonical, List<String> names, List<String> addresses) {
        Found {
            names = List.copyOf(names);
            addresses = List.copyOf(addresses);
        }

        JsonWriter json() {
            return new JsonWriter()
                    .field("asked", asked)
                    .field("canonical", canonical)
                    .field("names", names)
                    .field("addresses", addresses);
        }

        List<String> lines() {
            List<String> lines = new ArrayList<>();
            String subject = Escaped.text(asked) + " ";
            lines.add(subject + "canonical " + Escaped.text(canonical));
            names.forEach(name -> lines.add(subject + "name " + Escaped.text(name)));
            addresses.forEach(address -> lines.add(subject + "address " + address));
            return lines;
        }
    }

    private NameLookup() {}

    /**
     * Looks one up, in time or not at all: the system's own look-up cannot be stopped, so it runs on a thread that is
     * left behind then.
     */
    static Found find(String asked, Duration timeout) throws IOException, TimeoutException, InterruptedException {
        CompletableFuture<Found> answer = new CompletableFuture<>();
        Thread lookup = new Thread(
                () -> {
                    try {
                        answer.complete(lookUp(asked));
                    } catch (UnknownHostException | RuntimeException e) {
                        answer.completeExceptionally(e);
                    }
                },
                "ntk-lookup");
        lookup.setDaemon(true);
        lookup.start();
        try {
            return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IOException("cannot resolve " + asked + ": unknown host", e);
        }
    }

    private static Found lookUp(String asked) throws UnknownHostException {
        InetAddress[] addresses = InetAddress.getAllByName(asked);
        Set<String> texts = new LinkedHashSet<>();
        Arrays.stream(addresses).map(NetUtil::toAddressString).forEach(texts::add);
        Set<String> names = new LinkedHashSet<>(hostsFile(texts));
        for (InetAddress address : addresses) {
            String name = InetAddress.getByAddress(address.getAddress()).getCanonicalHostName();
            if (!isAddress(name)) {
                names.add(name);
            }
        }
        String canonical = addresses[0].getCanonicalHostName();
        if (isAddress(canonical)) {
            canonical = asked; // no reverse name: what was asked for is the best there is
        }
        return new Found(asked, canonical, List.copyOf(names), List.copyOf(texts));
    }

    private static boolean isAddress(String text) {
        return NetUtil.createByteArrayFromIpAddressString(text) != null;
    }

    /** The names that the hosts file has for any of these addresses. */
    private static List<String> hostsFile(Set<String> addresses) {
        try {
            return Files.readAllLines(HOSTS, StandardCharsets.UTF_8).stream()
                    .map(line -> line.replaceFirst("#.*", "").strip().split("\\s+", -1))
                    .filter(words -> words.length > 1 && addresses.contains(normal(words[0])))
                    .flatMap(words -> Arrays.stream(words).skip(1))
                    .distinct()
                    .toList();
        } catch (IOException e) {
            return List.of(); // no hosts file: name servers only
        }
    }

    /** The one text of an address (RFC 5952), however it is written in the file. */
    private static String normal(String address) {
        try {
            byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
            return bytes == null ? address : NetUtil.toAddressString(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            return address;
        }
    }
}
