package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FilesOptionsTest {
    private static final FilesOptions OPTIONS = FilesOptions.of(Path.of("x"));

    @Test
    void keepsWithinItsBounds() {
        assertThat(OPTIONS.withReaders(1).readers()).isEqualTo(1);
        assertThat(OPTIONS.withReaders(256).readers()).isEqualTo(256);
        assertThatThrownBy(() -> OPTIONS.withReaders(0)).hasMessage("readers: 0 (expected: 1 to 256)");
        assertThatThrownBy(() -> OPTIONS.withReaders(257)).isInstanceOf(IllegalArgumentException.class);
        assertThat(OPTIONS.withCacheBytes(1L << 30).cacheBytes()).isEqualTo(1L << 30);
        assertThatThrownBy(() -> OPTIONS.withCacheBytes((1L << 30) + 1)).hasMessageStartingWith("cacheBytes: ");
        assertThatThrownBy(() -> OPTIONS.withCacheBytes(-1)).hasMessageStartingWith("cacheBytes: ");
        assertThat(OPTIONS.withMaxListed(100_000).maxListed()).isEqualTo(100_000);
        assertThatThrownBy(() -> OPTIONS.withMaxListed(100_001)).hasMessageStartingWith("maxListed: ");
        assertThatThrownBy(() -> OPTIONS.withMaxListed(0)).hasMessageStartingWith("maxListed: ");
        assertThat(OPTIONS.withMaxGzipBytes(0).maxGzipBytes()).isZero();
        assertThatThrownBy(() -> OPTIONS.withMaxGzipBytes(-1)).hasMessageStartingWith("maxGzipBytes: ");
    }
}
