package io.ntk.cli;

import io.ntk.core.TlsOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** TLS of a server. Each option but {@code --client-ca} implies {@code --tls}: nobody names a key to serve plain text. */
@Section("TLS")
final class TlsMixin {
    @Option(names = "--tls", description = "TLS on every endpoint, with --cert and --key or with --self-signed.")
    boolean tls;

    @Option(names = "--cert", paramLabel = "FILE", description = "Certificate chain, PEM; read again when it changes.")
    @Nullable
    Path certificate;

    @Option(names = "--key", paramLabel = "FILE", description = "Its key, PKCS #8 in PEM, not encrypted.")
    @Nullable
    Path key;

    @Option(names = "--self-signed", description = "A certificate made at start; its fingerprint is shown.")
    boolean selfSigned;

    @Option(
            names = "--client-ca",
            paramLabel = "FILE",
            description = "Let in only clients with a certificate of these authorities, PEM.")
    @Nullable
    Path clientCa;

    /**
     * The options for a server.
     *
     * @return null for plain text
     * @throws IllegalArgumentException when they contradict each other; the message says what to do
     */
    @Nullable
    TlsOptions options() {
        TlsOptions identity = identity();
        if (identity == null) {
            if (tls) {
                throw new IllegalArgumentException(
                        "--tls needs a certificate: give --cert FILE and --key FILE, or --self-signed to have one made");
            }
            if (clientCa != null) {
                throw new IllegalArgumentException("--client-ca needs TLS: give --cert and --key, or --self-signed");
            }
            return null;
        }
        return clientCa == null ? identity : identity.withClientCa(clientCa);
    }

    private @Nullable TlsOptions identity() {
        if (selfSigned) {
            if (certificate != null || key != null) {
                throw new IllegalArgumentException("--self-signed and --cert exclude each other");
            }
            return TlsOptions.selfSigned();
        }
        if (certificate == null && key == null) {
            return null;
        }
        if (certificate == null || key == null) {
            throw new IllegalArgumentException(
                    certificate == null ? "--key needs --cert: the certificate of this key" : "--cert needs --key");
        }
        return TlsOptions.pem(certificate, key);
    }
}
