package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The records of options: {@link SocketOptions}, {@link ListenOptions}, {@link ConnectOptions} and those of TLS. */
class OptionsTest {
    private static final Endpoint.Inet HERE = new Endpoint.Inet("127.0.0.1", 1);

    private static SocketOptions socket(int backlog, int receive, int send, int linger, int trafficClass) {
        return new SocketOptions(backlog, receive, send, true, true, false, linger, trafficClass);
    }

    @Test
    void boundsSocketOptions() {
        assertThat(socket(1, 0, 0, -1, 0).withBuffers(1, 2)).isEqualTo(socket(1, 1, 2, -1, 0));
        assertThat(socket(1, 0, 0, 65_535, 255).linger()).isEqualTo(65_535);
        assertThatThrownBy(() -> socket(0, 0, 0, -1, 0)).hasMessage("backlog: 0 (expected: > 0)");
        assertThatThrownBy(() -> socket(1, -1, 0, -1, 0)).hasMessage("receiveBuffer: -1 (expected: >= 0)");
        assertThatThrownBy(() -> socket(1, 0, -1, -1, 0)).hasMessage("sendBuffer: -1 (expected: >= 0)");
        assertThatThrownBy(() -> socket(1, 0, 0, -2, 0)).hasMessage("linger: -2 (expected: -1 to 65535)");
        assertThatThrownBy(() -> socket(1, 0, 0, 65_536, 0)).hasMessage("linger: 65536 (expected: -1 to 65535)");
        assertThatThrownBy(() -> socket(1, 0, 0, -1, -1)).hasMessage("trafficClass: -1 (expected: 0 to 255)");
        assertThatThrownBy(() -> socket(1, 0, 0, -1, 256)).hasMessage("trafficClass: 256 (expected: 0 to 255)");
    }

    @Test
    void listensOnLoopbackUnlessToldOtherwise() {
        ListenOptions options = ListenOptions.loopback(7);
        assertThat(options.endpoints()).containsExactly(new Endpoint.Inet("127.0.0.1", 7));
        assertThat(options.transport()).isEqualTo(Transport.AUTO);
        assertThat(options.tls()).isNull();
        assertThat(options.unixMode()).isEqualTo(0600);
    }

    @Test
    void boundsListenOptions() {
        ListenOptions options = ListenOptions.on(HERE);
        assertThat(options.withTransport(Transport.NIO, 1024).loops()).isEqualTo(1024);
        assertThat(options.withUnixMode(0777).unixMode()).isEqualTo(0777);
        assertThatThrownBy(() -> options.withEndpoints(List.of()))
                .hasMessage("endpoints: none (expected: at least one)");
        assertThatThrownBy(() -> options.withTransport(Transport.NIO, 1025))
                .hasMessage("loops: 1025 (expected: 0 to 1024)");
        assertThatThrownBy(() -> options.withTransport(Transport.NIO, -1)).hasMessageStartingWith("loops: -1");
        assertThatThrownBy(() -> options.withUnixMode(01000)).hasMessage("unixMode: 1000 (expected: 0 to 777, octal)");
        assertThatThrownBy(() -> options.withUnixMode(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keepsItsOwnListOfEndpoints() {
        List<Endpoint> list = new ArrayList<>(List.of(HERE));
        ListenOptions options = ListenOptions.loopback(0).withEndpoints(list);
        list.clear();
        assertThat(options.endpoints()).containsExactly(HERE);
    }

    @Test
    void copiesListenOptionsWithOneThingChanged() {
        AccessList access = new AccessList(List.of(), List.of(Cidr.parse("::1")));
        Limits limits = Limits.DEFAULTS.withMaxConnections(3);
        ListenOptions options = ListenOptions.on(HERE)
                .withTls(TlsOptions.selfSigned())
                .withLimits(limits)
                .withAccess(access)
                .withSocket(socket(5, 0, 0, -1, 0))
                .withTransport(Transport.NIO, 2)
                .withUnixMode(0);
        assertThat(options)
                .isEqualTo(new ListenOptions(
                        List.of(HERE),
                        Transport.NIO,
                        2,
                        TlsOptions.selfSigned(),
                        limits,
                        access,
                        socket(5, 0, 0, -1, 0),
                        0));
    }

    @Test
    void boundsConnectOptions() {
        ConnectOptions options = ConnectOptions.to(HERE);
        assertThat(options.timeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(options.withTimeout(Limits.MAX_TIME).timeout()).isEqualTo(Limits.MAX_TIME);
        assertThatThrownBy(() -> options.withTimeout(Duration.ZERO)).hasMessageStartingWith("timeout: PT0S (expected:");
        assertThatThrownBy(() -> options.withTimeout(Limits.MAX_TIME.plusNanos(1)))
                .hasMessageStartingWith("timeout:");
        assertThatThrownBy(() -> ConnectOptions.to(new Endpoint.Inet("h", 0)))
                .hasMessage("port: 0 (expected: 1 to 65535 to connect to)");
    }

    @Test
    void takesNeitherProxyNorSourceForAUnixSocket() {
        ConnectOptions options = ConnectOptions.to(new Endpoint.Unix(Path.of("/x")));
        assertThatThrownBy(() -> options.withSource(HERE))
                .hasMessage("endpoint: unix:/x (expected: HOST:PORT together with a proxy or a source address)");
        assertThatThrownBy(() -> options.withProxy(ProxyOptions.parse("http://h:1")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void copiesConnectOptionsWithOneThingChanged() {
        ProxyOptions proxy = ProxyOptions.parse("socks5://h:1");
        ConnectOptions options = ConnectOptions.to(HERE)
                .withTls(TlsClientOptions.DEFAULTS)
                .withProxy(proxy)
                .withSource(HERE)
                .withSocket(socket(1, 2, 3, -1, 0))
                .withTimeout(Duration.ofSeconds(1));
        assertThat(options)
                .isEqualTo(new ConnectOptions(
                        HERE, Duration.ofSeconds(1), TlsClientOptions.DEFAULTS, proxy, HERE, socket(1, 2, 3, -1, 0)));
    }

    @Test
    void wantsAClientKeyExactlyWithACertificate() {
        TlsClientOptions options = TlsClientOptions.DEFAULTS
                .withVerification(TlsClientOptions.Verification.NONE)
                .withCa(Path.of("ca"))
                .withServerName("n")
                .withCertificate(Path.of("c"), Path.of("k"));
        assertThat(options)
                .isEqualTo(new TlsClientOptions(
                        TlsClientOptions.Verification.NONE, Path.of("ca"), Path.of("c"), Path.of("k"), "n"));
        assertThatThrownBy(
                        () -> new TlsClientOptions(TlsClientOptions.Verification.FULL, null, Path.of("c"), null, null))
                .hasMessage("key: null (expected: a key exactly with a certificate)");
    }

    @Test
    void verifiesByDefault() {
        assertThat(TlsClientOptions.DEFAULTS.verification()).isEqualTo(TlsClientOptions.Verification.FULL);
    }

    @Test
    void copiesTlsOptionsWithClientAuthorities() {
        TlsOptions options = TlsOptions.pem(Path.of("c"), Path.of("k")).withClientCa(Path.of("a"));
        assertThat(options).isEqualTo(new TlsOptions(new TlsOptions.Pem(Path.of("c"), Path.of("k")), Path.of("a")));
    }
}
