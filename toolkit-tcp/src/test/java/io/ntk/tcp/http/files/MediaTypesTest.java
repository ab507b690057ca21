package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediaTypesTest {
    @ParameterizedTest
    @CsvSource({
        "a.html, text/html; charset=utf-8",
        "A.HTML, text/html; charset=utf-8",
        "a.min.js, text/javascript; charset=utf-8",
        "a.java, text/plain; charset=utf-8",
        "a.json, application/json",
        "a.svg, image/svg+xml",
        "a.tar.gz, application/gzip",
        "a.unheard-of, application/octet-stream",
        "a, application/octet-stream",
        "a., application/octet-stream",
        "html, application/octet-stream",
        "README, text/plain; charset=utf-8",
        "Makefile, text/plain; charset=utf-8",
    })
    void areKnownByTheEnding(String name, String type) {
        assertThat(MediaTypes.of(name)).isEqualTo(type);
    }

    @Test
    void textIsWhatGzipPaysFor() {
        assertThat(MediaTypes.isText("text/html; charset=utf-8")).isTrue();
        assertThat(MediaTypes.isText("application/json")).isTrue();
        assertThat(MediaTypes.isText("image/svg+xml")).isTrue();
        assertThat(MediaTypes.isText("image/png")).isFalse();
        assertThat(MediaTypes.isText(MediaTypes.UNKNOWN)).isFalse();
    }
}
