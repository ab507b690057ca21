package io.ntk.core;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a server: TLS 1.2 and 1.3.
 *
 * @param identity what the server shows of itself
 * @param clientCa a PEM file of the authorities whose clients are let in, or null: no client certificate is asked for
 */
public record TlsOptions(Identity identity, @Nullable Path clientCa) {
    /** What a server shows of itself. */
    public sealed interface Identity {}

    /**
     * A certificate chain and its key from files, read again within two seconds when one of them, or the file of the
     * client authorities, changes.
     *
     * @param certificate a PEM file with the chain, the server's own certificate first
     * @param key a PEM file with the key in PKCS #8, not encrypted: RSA, EC or Ed25519
     */
    public record Pem(Path certificate, Path key) implements Identity {
        /** Both are needed. */
        public Pem {
            requireNonNull(certificate, "certificate");
            requireNonNull(key, "key");
        }
    }

    /**
     * A certificate made at start and gone with the server: P-256, valid for 30 days.
     *
     * @param names host names and addresses it is valid for beside those of the endpoints and {@code localhost}
     */
    public record SelfSigned(List<String> names) implements Identity {
        /** Takes a copy. */
        public SelfSigned {
            names = List.copyOf(names);
        }
    }

    /** The identity is needed. */
    public TlsOptions {
        requireNonNull(identity, "identity");
    }

    /**
     * A certificate made at start.
     *
     * @return options without client certificates
     */
    public static TlsOptions selfSigned() {
        return new TlsOptions(new SelfSigned(List.of()), null);
    }

    /**
     * A certificate from files.
     *
     * @param certificate PEM, the chain
     * @param key PEM, the key
     * @return options without client certificates
     */
    public static TlsOptions pem(Path certificate, Path key) {
        return new TlsOptions(new Pem(certificate, key), null);
    }

    /**
     * A copy that lets in only clients with a certificate.
     *
     * @param ca a PEM file of the authorities
     * @return the copy
     */
    public TlsOptions withClientCa(Path ca) {
        return new TlsOptions(identity, ca);
    }
}
