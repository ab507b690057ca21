package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyOptionsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "socks5://h:1080",
                "http://h:3128",
                "socks5://me@10.0.0.1:1",
                "http://[::1]:65535",
                "http://a@b:2"
            })
    void readsKindUserAndAddress(String text) {
        ProxyOptions proxy = ProxyOptions.parse(text);
        assertThat(proxy).hasToString(text);
        assertThat(proxy.password()).isNull();
    }

    @Test
    void readsEachPart() {
        assertThat(ProxyOptions.parse("SOCKS5://me@[::1]:1080/"))
                .isEqualTo(new ProxyOptions(ProxyOptions.Kind.SOCKS5, new Endpoint.Inet("::1", 1080), "me", null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "h:1",
                "http://h",
                "http://:1",
                "http://h:0",
                "http://h:65536",
                "https://h:1",
                "socks4://h:1",
                "http://me:secret@h:1",
                "http://h:1/path",
                "http://h:1?q",
                "http://h:1#f",
                "http:h:1",
                "http://h h:1",
            })
    void refusesWhatIsNoProxy(String text) {
        assertThatThrownBy(() -> ProxyOptions.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(expected: socks5://[USER@]HOST:PORT or http://[USER@]HOST:PORT, no password)");
    }

    @Test
    void neverShowsAPassword() {
        assertThat(ProxyOptions.parse("http://me@h:1").withPassword("secret")).hasToString("http://me@h:1");
        assertThatThrownBy(() -> ProxyOptions.parse("http://me:secret@h:1"))
                .message()
                .doesNotContain("secret");
        assertThatThrownBy(() -> ProxyOptions.parse("http://me:secret@h h:1"))
                .message()
                .doesNotContain("secret");
    }
}
