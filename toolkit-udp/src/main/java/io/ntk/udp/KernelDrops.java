package io.ntk.udp;

import io.netty.channel.Channel;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Datagrams that the kernel has dropped at our sockets, for want of room in their receive buffers, since this was made:
 * the growth of the column {@code drops} in the system's tables of UDP sockets, summed over the sockets. Where there are
 * no such tables, or our sockets are not in them, it is unknown, and never 0. Thread-safe.
 *
 * @see <a href="https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html">the tables</a>
 */
public final class KernelDrops {
    /*
     * A row of /proc/net/udp and udp6:
     *   sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout INODE ref pointer DROPS
     *   12: 0100007F:2329 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 41234 2 0000000000000000 0
     * The inode of a native channel's socket is the target of /proc/self/fd/N, as socket:[41234]. NIO does not tell its
     * descriptor: its sockets are those at the same local port whose inodes are among our own descriptors.
     */
    private static final Logger LOG = LoggerFactory.getLogger(KernelDrops.class);
    private static final List<Path> TABLES = List.of(Path.of("/proc/net/udp"), Path.of("/proc/net/udp6"));
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int INODE = 9;
    private static final int DROPS = 12;
    private static final long RECENT_NANOS = 100_000_000;

    /** For channels of which nothing can be told. */
    public static final KernelDrops UNKNOWN = new KernelDrops(Set.of(), TABLES);

    private final Set<String> inodes;
    private final List<Path> tables;
    private final Map<String, Long> before = new HashMap<>();
    /* Guarded by this; what a socket that is closed had is kept. */
    private final Map<String, Long> growth = new HashMap<>();
    private final AtomicBoolean reading = new AtomicBoolean();
    private volatile OptionalLong latest = OptionalLong.empty();
    private volatile long readAt;

    private KernelDrops(Set<String> inodes, List<Path> tables) {
        this.inodes = inodes;
        this.tables = tables;
    }

    /**
     * Starts to count for channels that are bound. Reads the tables: not to be called on an event loop.
     *
     * @param channels datagram channels
     * @return the count from now on
     */
    public static KernelDrops of(Collection<? extends Channel> channels) {
        Set<String> inodes = new HashSet<>();
        for (Channel channel : channels) {
            inodes.addAll(inodes(channel));
        }
        return of(inodes, TABLES);
    }

    /**
     * Starts to count for a socket of ours that is no channel of Netty. Reads the tables: not to be called on an event
     * loop.
     *
     * @param local where it is bound; all our sockets at this port are counted
     * @return the count from now on
     */
    public static KernelDrops of(InetSocketAddress local) {
        return of(inodesAt(local.getPort()), TABLES);
    }

    static KernelDrops of(Set<String> inodes, List<Path> tables) {
        KernelDrops drops = new KernelDrops(Set.copyOf(inodes), tables);
        drops.before.putAll(rows(tables, inodes));
        drops.now();
        return drops;
    }

    /**
     * The drops until now. Reads the tables: not to be called on an event loop.
     *
     * @return empty when it is unknown
     */
    public synchronized OptionalLong now() {
        for (Map.Entry<String, Long> row : rows(tables, inodes).entrySet()) {
            Long start = before.get(row.getKey());
            if (start != null) {
                growth.put(row.getKey(), (row.getValue() - start) & 0xffff_ffffL); // a counter of 32 bits
            }
        }
        long sum = growth.values().stream().mapToLong(Long::longValue).sum();
        boolean known = !inodes.isEmpty() && growth.size() == inodes.size();
        latest = known ? OptionalLong.of(sum) : OptionalLong.empty();
        readAt = System.nanoTime();
        return latest;
    }

    /**
     * The drops as they were read last. Never blocks: when that was more than 100 ms ago they are read anew, on another
     * thread, for whoever asks next.
     *
     * @return empty when it is unknown
     */
    public OptionalLong recent() {
        if (!inodes.isEmpty() && System.nanoTime() - readAt > RECENT_NANOS && reading.compareAndSet(false, true)) {
            GlobalEventExecutor.INSTANCE.execute(() -> {
                now();
                reading.set(false);
            });
        }
        return latest;
    }

    private static Map<String, Long> rows(List<Path> tables, Set<String> inodes) {
        Map<String, Long> rows = new HashMap<>();
        if (inodes.isEmpty()) {
            return rows;
        }
        for (String[] row : read(tables)) {
            if (inodes.contains(row[INODE])) {
                rows.put(row[INODE], Long.parseLong(row[DROPS]));
            }
        }
        return rows;
    }

    private static List<String[]> read(List<Path> tables) {
        List<String[]> rows = new ArrayList<>();
        for (Path table : tables) {
            try (var lines = Files.lines(table)) {
                lines.skip(1)
                        .map(line -> line.strip().split("\\s+"))
                        .filter(row -> row.length > DROPS && row[DROPS].matches("\\d{1,18}"))
                        .forEach(rows::add);
            } catch (IOException | java.io.UncheckedIOException e) {
                LOG.debug("no {}", table); // another system, or one without IPv6
            }
        }
        return rows;
    }

    private static Set<String> inodes(Channel channel) {
        if (channel instanceof UnixChannel unix) {
            String inode = inode(DESCRIPTORS.resolve(Integer.toString(unix.fd().intValue())));
            return inode == null ? Set.of() : Set.of(inode);
        }
        if (!(channel.localAddress() instanceof InetSocketAddress local)) {
            return Set.of();
        }
        return inodesAt(local.getPort());
    }

    private static Set<String> inodesAt(int number) {
        String port = String.format(Locale.ROOT, ":%04X", number);
        Set<String> own = own();
        Set<String> found = new HashSet<>();
        for (String[] row : read(TABLES)) {
            if (row[1].endsWith(port) && own.contains(row[INODE])) {
                found.add(row[INODE]);
            }
        }
        return found;
    }

    private static Set<String> own() {
        Set<String> own = new HashSet<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : descriptors) {
                String inode = inode(descriptor);
                if (inode != null) {
                    own.add(inode);
                }
            }
        } catch (IOException e) {
            return Set.of();
        }
        return own;
    }

    private static @Nullable String inode(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            boolean socket = target.startsWith("socket:[") && target.endsWith("]");
            return socket ? target.substring("socket:[".length(), target.length() - 1) : null;
        } catch (IOException | UnsupportedOperationException e) {
            return null; // closed meanwhile, or another system
        }
    }
}
