package io.ntk.cli;

import io.ntk.core.TlsClientOptions;
import io.ntk.core.TlsClientOptions.Verification;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** TLS of a client. Each option implies {@code --tls}. */
@Section("TLS")
final class ClientTlsMixin {
    @Option(names = "--tls", description = "Speak TLS, and verify the server's certificate and name.")
    boolean tls;

    @Option(names = "--ca", paramLabel = "FILE", description = "Trust these authorities, PEM (default: those of Java).")
    @Nullable
    Path ca;

    @Option(names = "--cert", paramLabel = "FILE", description = "A certificate of your own to show, PEM.")
    @Nullable
    Path certificate;

    @Option(names = "--key", paramLabel = "FILE", description = "Its key, PKCS #8 in PEM, not encrypted.")
    @Nullable
    Path key;

    @Option(names = "--insecure", description = "Do not verify who the server is.")
    boolean insecure;

    @Option(
            names = "--servername",
            paramLabel = "NAME",
            description = "The name to ask for and to verify (default: the host).")
    @Nullable
    String serverName;

    /**
     * The options for a client.
     *
     * @return null for plain text
     * @throws IllegalArgumentException when they contradict each other; the message says what to do
     */
    @Nullable
    TlsClientOptions options() {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException(certificate == null ? "--key needs --cert" : "--cert needs --key");
        }
        if (insecure && ca != null) {
            throw new IllegalArgumentException("--insecure and --ca exclude each other");
        }
        if (!tls && !insecure && ca == null && certificate == null && serverName == null) {
            return null;
        }
        return new TlsClientOptions(insecure ? Verification.NONE : Verification.FULL, ca, certificate, key, serverName);
    }
}
