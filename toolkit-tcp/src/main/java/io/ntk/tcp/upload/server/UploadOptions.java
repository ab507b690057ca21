package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.ntk.core.ListenOptions;
import io.ntk.tcp.upload.UploadProof;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an upload server is like.
 *
 * @param listen where it listens
 * @param store where files go, and what it takes
 * @param limits what one connection may take
 * @param key that clients must have, at least {@value UploadProof#MIN_KEY_BYTES} bytes, or null for everybody
 * @param dialect what is spoken
 */
public record UploadOptions(
        ListenOptions listen,
        StoreOptions store,
        UploadLimits limits,
        @Nullable Octets key,
        Dialect dialect) {
    /** The port of upload servers. */
    public static final int DEFAULT_PORT = 9003;

    /** Connections of one address. */
    public static final int CONNECTIONS_PER_ADDRESS = 16;

    /** How long files that are under way may take when the server ends. */
    public static final Duration DRAIN = Duration.ofSeconds(30);

    /** What is spoken on a port. */
    public enum Dialect {
        /** NTUP/1 alone. */
        NTUP,
        /** NTUP/1, and to who does not begin with its preamble the simple protocol. */
        NTUP_AND_SIMPLE
    }

    /** Checks what must not come together. */
    public UploadOptions {
        requireNonNull(listen, "listen");
        requireNonNull(store, "store");
        requireNonNull(limits, "limits");
        requireNonNull(dialect, "dialect");
        if (key != null && key.size() < UploadProof.MIN_KEY_BYTES) {
            throw new IllegalArgumentException("key: " + key.size() + " bytes (expected: at least 16)");
        }
        boolean proven = key != null || (listen.tls() != null && listen.tls().clientCa() != null);
        if (dialect == Dialect.NTUP_AND_SIMPLE && proven) {
            throw new IllegalArgumentException(
                    "dialect: " + dialect + " (expected: NTUP where clients must prove who they are)");
        }
    }

    /**
     * Loopback port 9003, 16 connections of an address, half a minute to drain, no key, NTUP/1 alone.
     *
     * @param folder where files appear
     * @return the options
     */
    public static UploadOptions of(Path folder) {
        ListenOptions listen = ListenOptions.loopback(DEFAULT_PORT);
        return new UploadOptions(
                listen.withLimits(listen.limits()
                        .withMaxPerAddress(CONNECTIONS_PER_ADDRESS, false)
                        .withDrain(DRAIN)),
                StoreOptions.of(folder),
                UploadLimits.DEFAULTS,
                null,
                Dialect.NTUP);
    }

    /**
     * A copy that listens elsewhere.
     *
     * @param options where and how
     * @return the copy
     */
    public UploadOptions withListen(ListenOptions options) {
        return new UploadOptions(options, store, limits, key, dialect);
    }

    /**
     * A copy with another store.
     *
     * @param options where files go
     * @return the copy
     */
    public UploadOptions withStore(StoreOptions options) {
        return new UploadOptions(listen, options, limits, key, dialect);
    }

    /**
     * A copy with other limits.
     *
     * @param others of one connection
     * @return the copy
     */
    public UploadOptions withLimits(UploadLimits others) {
        return new UploadOptions(listen, store, others, key, dialect);
    }

    /**
     * A copy that wants a key.
     *
     * @param shared that clients must have, or null
     * @return the copy
     */
    public UploadOptions withKey(@Nullable Octets shared) {
        return new UploadOptions(listen, store, limits, shared, dialect);
    }

    /**
     * A copy that speaks otherwise.
     *
     * @param spoken on its ports
     * @return the copy
     */
    public UploadOptions withDialect(Dialect spoken) {
        return new UploadOptions(listen, store, limits, key, spoken);
    }
}
