package io.ntk.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other people's TLS clients in our chat. */
class ChatTlsIT {
    private static final String LOOPBACK = "127.0.0.1:0";

    @TempDir
    private Path folder;

    @Test
    void talksToNcatAndOpenssl() throws IOException {
        try (var server = Packaged.start("chat", "serve", "--self-signed", "--listen", LOOPBACK)) {
            String port = Packaged.port(server);
            assertThat(Packaged.addresses(server, 1).get(0)).startsWith("tls://127.0.0.1:");
            try (var ncat = Programs.start("ncat", "--ssl", "127.0.0.1", port);
                    var openssl = Programs.start("openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + port)) {
                say(ncat, "/nick cat");
                Await.until("cat in " + ncat.text(), () -> ncat.text().contains("cat"));
                say(openssl, "hello from openssl");
                Await.until("hello in " + ncat.text(), () -> ncat.text().contains("> hello from openssl\n"));
                say(ncat, "hello from ncat");
                Await.until("hello in " + openssl.text(), () -> openssl.text().contains("<cat> hello from ncat\n"));
            }
        }
    }

    @Test
    void tellsAPlainClientOfATlsPort() {
        try (var server = Packaged.start("chat", "serve", "--self-signed", "--listen", LOOPBACK)) {
            var result = Programs.run("hello\n".getBytes(UTF_8), "nc", "-N", "127.0.0.1", Packaged.port(server));
            assertThat(result.text()).contains("TLS");
        }
    }

    @Test
    void letsInWhoHasACertificate() throws IOException {
        certificate("ca", "/CN=chat authority");
        certificate("stranger", "/CN=stranger");
        try (var server =
                Packaged.start("chat", "serve", "--self-signed", "--client-ca", file("ca.pem"), "--listen", LOOPBACK)) {
            String port = Packaged.port(server);
            try (var member = openssl(port, "ca");
                    var stranger = openssl(port, "stranger");
                    var nobody = Programs.start("openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + port)) {
                say(member, "/nick member");
                Await.until("member in " + member.text(), () -> member.text().contains("member"));
                say(member, "/ping");
                Await.until("an answer in " + member.text(), () -> member.text().contains("pong"));
                Await.until("refusal", () -> stranger.err().contains("alert"));
                Await.until("refusal", () -> nobody.err().contains("alert"));
            }
        }
    }

    private Programs.Running openssl(String port, String name) {
        return Programs.start(
                "openssl",
                "s_client",
                "-quiet",
                "-connect",
                "127.0.0.1:" + port,
                "-cert",
                file(name + ".pem"),
                "-key",
                file(name + ".key"));
    }

    private void certificate(String name, String subject) {
        var made = Programs.run(
                new byte[0],
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                subject,
                "-keyout",
                file(name + ".key"),
                "-out",
                file(name + ".pem"));
        assertThat(made.exit()).as(made.err()).isZero();
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private static void say(Programs.Running client, String line) throws IOException {
        client.stdin().write((line + "\n").getBytes(UTF_8));
        client.stdin().flush();
    }
}
