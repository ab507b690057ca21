package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:80, 127.0.0.1, 80",
        "example.org:65535, example.org, 65535",
        ":9000, 127.0.0.1, 9000",
        "9000, 127.0.0.1, 9000",
        "0, 127.0.0.1, 0",
        "00080, 127.0.0.1, 80",
        "[::1]:80, ::1, 80",
        "[::]:0, ::, 0",
        "0.0.0.0:1, 0.0.0.0, 1",
        "[fe80::1%eth0]:443, fe80::1%eth0, 443",
        "[example.org]:80, example.org, 80",
        "b\u00fccher.example:1, b\u00fccher.example, 1",
    })
    void readsHostAndPort(String text, String host, int port) {
        Endpoint endpoint = Endpoint.parse(text);
        assertThat(endpoint).isEqualTo(new Endpoint.Inet(host, port));
        assertThat(Endpoint.parse(endpoint.toString())).isEqualTo(endpoint);
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix:/run/x.sock", "unix:x", "unix:a/../b c", "unix:/tmp/\u00fc", "unix:@x", "unix:80"})
    void readsAUnixSocket(String text) {
        Endpoint endpoint = Endpoint.parse(text);
        assertThat(endpoint).isEqualTo(new Endpoint.Unix(Path.of(text.substring(5))));
        assertThat(endpoint).hasToString(text);
        assertThat(Endpoint.parse(endpoint.toString())).isEqualTo(endpoint);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "x",
                "x:",
                "localhost",
                "::1",
                "::1:80",
                "1:2:3",
                "[::1]",
                "[::1]80",
                "[::1]:",
                "[]:80",
                "[:80",
                "x]:80",
                "h:65536",
                "h:99999",
                "h:123456",
                "h:-1",
                "h:+1",
                "h:0x10",
                "h: 80",
                "h:80 ",
                "h:8\u0660",
                " h:80",
                "h h:80",
                "h\n:80",
                "h\u0000:80",
                "h\u001b[31m:80",
                "h\u202e:80",
                "h\u200b:80",
                "h/x:80",
                "tcp://h:80",
                "h\\:80",
                "'h':80",
                "\"h\":80",
                "unix:",
                "unix:/",
                "unix:\u0000",
                "UNIX:/x",
            })
    void refusesWhatIsNoEndpoint(String text) {
        assertThatThrownBy(() -> Endpoint.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .containsAnyOf("expected:", "Nul character not allowed")
                .doesNotContainPattern("[\\p{Cntrl}\\u202e\\u200b]");
    }

    @Test
    void saysWhichFormsThereAre() {
        assertThatThrownBy(() -> Endpoint.parse("x"))
                .hasMessage("endpoint: \"x\" (expected: HOST:PORT, [V6]:PORT, :PORT, PORT or unix:PATH)");
        assertThatThrownBy(() -> Endpoint.parse("h:65536")).hasMessage("port: 65536 (expected: 0 to 65535)");
    }

    @Test
    void boundsThePathOfAUnixSocket() {
        String longest = "/" + "x".repeat(Endpoint.Unix.MAX_PATH_BYTES - 1);
        assertThat(Endpoint.parse("unix:" + longest)).hasToString("unix:" + longest);
        assertThatThrownBy(() -> Endpoint.parse("unix:" + longest + "x"))
                .hasMessage("path: 104 bytes (expected: 1 to 103 bytes, as Unix sockets allow)");
    }

    @Test
    void countsThePathInBytes() {
        String longest = "/" + "\u00fc".repeat(51);
        assertThat(new Endpoint.Unix(Path.of(longest)).path().toString()).hasSize(52);
        assertThatThrownBy(() -> new Endpoint.Unix(Path.of(longest + "x"))).hasMessageStartingWith("path: 104 bytes");
    }

    @Test
    void tellsTheEndpointOfAnAddress() throws UnknownHostException {
        byte[] v6 = new byte[16];
        v6[15] = 1;
        assertThat(of(new InetSocketAddress(InetAddress.getByAddress(v6), 7))).isEqualTo("[::1]:7");
        assertThat(of(new InetSocketAddress(InetAddress.getByAddress(new byte[16]), 7)))
                .isEqualTo("[::]:7");
        assertThat(of(new InetSocketAddress(InetAddress.getByName("fe80::2%1"), 7)))
                .matches("\\[fe80::2%.+]:7");
        assertThat(of(new InetSocketAddress(InetAddress.getByName("10.1.2.3"), 0)))
                .isEqualTo("10.1.2.3:0");
        assertThat(of(InetSocketAddress.createUnresolved("x.example", 5))).isEqualTo("x.example:5");
        assertThat(of(UnixDomainSocketAddress.of("/a"))).isEqualTo("unix:/a");
        assertThat(of(new DomainSocketAddress("/a"))).isEqualTo("unix:/a");
    }

    @Test
    void tellsNoEndpointOfAnUnnamedSocket() {
        assertThatThrownBy(() -> of(UnixDomainSocketAddress.of(""))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> of(new DomainSocketAddress(""))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> of(new DomainSocketAddress("\u0000x"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> of(new SocketAddress() {
                    private static final long serialVersionUID = 1;
                }))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static String of(SocketAddress address) {
        return Endpoint.of(address).toString();
    }
}
