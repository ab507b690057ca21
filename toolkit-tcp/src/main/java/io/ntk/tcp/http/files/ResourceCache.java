package io.ntk.tcp.http.files;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the resources that were asked for last, and the bytes of the small ones. Thread-safe; looking up never
 * waits.
 *
 * <p>When the bytes are more than the limit, the resources that were not used for the longest time go until an eighth of
 * the limit is free, so that most additions do not have to look for anything.
 */
final class ResourceCache {
    /** What a resource takes beside its bytes, roughly. */
    static final int OVERHEAD_BYTES = 2048;

    private static final long MAX_AGE_NANOS = 1_000_000_000;

    private final ConcurrentMap<String, Resource> resources = new ConcurrentHashMap<>();
    private final long maxBytes;
    private long bytes;

    ResourceCache(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** A resource that was looked at within the last second, or null. */
    @Nullable
    Resource fresh(String key) {
        Resource known = resources.get(key);
        if (known == null) {
            return null;
        }
        long now = System.nanoTime();
        if (!known.isFresh(now, MAX_AGE_NANOS)) {
            return null;
        }
        known.use(now);
        return known;
    }

    /**
     * Takes note of what was seen just now.
     *
     * @return the known resource with its bytes when it is the same, else the one that was given
     */
    Resource refresh(Resource seen) {
        Resource known = resources.get(seen.key());
        if (known != null && known.sameAs(seen)) {
            known.lookedLike(seen);
            return known;
        }
        put(seen);
        return seen;
    }

    /** Keeps the bytes of a variant. */
    synchronized void keep(Resource resource, Variant variant, byte[] content) {
        if (variant.bytes() == null && content.length <= maxBytes / 4) {
            variant.keep(content);
            if (resources.get(resource.key()) == resource) {
                bytes += content.length;
                evict();
            }
        }
    }

    private synchronized void put(Resource resource) {
        Resource before = resources.put(resource.key(), resource);
        bytes += weight(resource) - (before == null ? 0 : weight(before));
        evict();
    }

    synchronized void remove(String key) {
        Resource gone = resources.remove(key);
        bytes -= gone == null ? 0 : weight(gone);
    }

    private void evict() {
        if (bytes <= maxBytes) {
            return;
        }
        List<Resource> all = new ArrayList<>(resources.values());
        record Aged(Resource resource, long used) {} // the times may change while they are sorted
        List<Aged> byAge = new ArrayList<>(all.size());
        all.forEach(resource -> byAge.add(new Aged(resource, resource.used())));
        byAge.sort(Comparator.comparingLong(Aged::used));
        for (Aged oldest : byAge) {
            if (bytes <= maxBytes - maxBytes / 8) {
                return;
            }
            remove(oldest.resource.key());
        }
    }

    private static long weight(Resource resource) {
        return OVERHEAD_BYTES + resource.key().length() + resource.keptBytes();
    }

    synchronized long bytes() {
        return bytes;
    }

    int size() {
        return resources.size();
    }
}
