package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ResourceCacheTest {
    private static final int SIZE = 50_000;
    /* Nearly ten of them fit. */
    private final ResourceCache cache = new ResourceCache(10 * SIZE);

    private static Resource resource(String key) {
        return Resource.page(key, "text/plain", new byte[SIZE], Answer.fields());
    }

    @Test
    void forgetsWhatWasNotUsedForTheLongestTime() {
        for (int i = 0; i < 9; i++) {
            cache.refresh(resource("/" + i));
        }
        assertThat(cache.size()).isEqualTo(9);
        cache.refresh(resource("/0")); // looked at again: the latest now
        cache.refresh(resource("/9"));
        assertThat(cache.bytes()).isLessThanOrEqualTo(10 * SIZE);
        assertThat(cache.fresh("/0")).isNotNull();
        assertThat(cache.fresh("/9")).isNotNull();
        assertThat(cache.fresh("/1")).isNull();
    }

    @Test
    void countsWhatItHolds() {
        Resource first = resource("/a");
        assertThat(cache.refresh(first)).isSameAs(first);
        assertThat(cache.bytes()).isEqualTo(SIZE + ResourceCache.OVERHEAD_BYTES + 2);
        assertThat(cache.refresh(resource("/a"))).isSameAs(first);
        assertThat(cache.bytes()).isEqualTo(SIZE + ResourceCache.OVERHEAD_BYTES + 2);
        cache.remove("/a");
        cache.remove("/a");
        assertThat(cache.bytes()).isZero();
        assertThat(cache.size()).isZero();
    }

    @Test
    void neverHoldsMoreThanItsLimit() {
        for (int i = 0; i < 500; i++) {
            cache.refresh(resource("/" + i));
            assertThat(cache.bytes()).isLessThanOrEqualTo(10 * SIZE);
        }
        ResourceCache none = new ResourceCache(0);
        none.refresh(resource("/a"));
        assertThat(none.bytes()).isZero();
        assertThat(none.fresh("/a")).isNull();
    }
}
