package io.ntk.core;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a client: TLS 1.2 and 1.3.
 *
 * @param verification whether the server must prove who it is
 * @param ca a PEM file of the authorities to trust, or null for those of the JDK
 * @param certificate a PEM file with the client's own chain, or null for none
 * @param key a PEM file with the key to it, PKCS #8, not encrypted; null exactly when {@code certificate} is
 * @param serverName the name that is asked for and verified, or null for the host that is connected to
 */
public record TlsClientOptions(
        Verification verification,
        @Nullable Path ca,
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable String serverName) {
    /** Whether the server must prove who it is. */
    public enum Verification {
        /** Its certificate must be trusted and be for the name. */
        FULL,
        /** Anyone will do: no protection against one who sits between. */
        NONE
    }

    /** Full verification against the JDK's authorities. */
    public static final TlsClientOptions DEFAULTS = new TlsClientOptions(Verification.FULL, null, null, null, null);

    /** Checks that certificate and key come together. */
    public TlsClientOptions {
        requireNonNull(verification, "verification");
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("key: " + key + " (expected: a key exactly with a certificate)");
        }
    }

    /**
     * A copy that verifies differently.
     *
     * @param other the verification
     * @return the copy
     */
    public TlsClientOptions withVerification(Verification other) {
        return new TlsClientOptions(other, ca, certificate, key, serverName);
    }

    /**
     * A copy that trusts the authorities of a file.
     *
     * @param file PEM
     * @return the copy
     */
    public TlsClientOptions withCa(Path file) {
        return new TlsClientOptions(verification, file, certificate, key, serverName);
    }

    /**
     * A copy with a certificate of the client's own.
     *
     * @param chain PEM
     * @param privateKey PEM
     * @return the copy
     */
    public TlsClientOptions withCertificate(Path chain, Path privateKey) {
        return new TlsClientOptions(verification, ca, chain, privateKey, serverName);
    }

    /**
     * A copy that asks for another name.
     *
     * @param name a host name
     * @return the copy
     */
    public TlsClientOptions withServerName(String name) {
        return new TlsClientOptions(verification, ca, certificate, key, name);
    }
}
