package io.ntk.tcp.http.files;

import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.ntk.tcp.http.files.Variant.Coding;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a path stands for, in all its variants, as it was when it was last looked at. Thread-safe; but for the bytes that
 * are kept with its variants, and the times of looks, it does not change.
 */
final class Resource {
    /** Less is not worth the work of both sides. */
    static final int MIN_GZIP_BYTES = 512;

    private static final List<Coding> NEIGHBOURS = List.of(Coding.BR, Coding.ZSTD, Coding.GZIP);

    private final String key;
    private final String type;
    private final String vary;
    private final HttpHeaders extra;
    private final List<Variant> variants;
    private volatile long looked;
    private volatile long used;

    private Resource(String key, String type, String vary, HttpHeaders extra, List<Variant> variants) {
        this.key = key;
        this.type = type;
        this.vary = vary;
        this.extra = extra;
        this.variants = variants;
        this.looked = System.nanoTime();
        this.used = looked;
    }

    /**
     * Looks at a file and its compressed neighbours. A neighbour that is older than the file is not one of it.
     *
     * @return null when there is no such file
     */
    static @Nullable Resource look(OpenFolder folder, String key, String segment, FilesOptions options)
            throws IOException {
        Path name = RequestPath.nameOf(segment);
        BasicFileAttributes found = folder.look(name);
        if (found == null || !found.isRegularFile()) {
            return null;
        }
        List<Variant> variants = new ArrayList<>(3);
        Variant file = Variant.stored(Coding.IDENTITY, name, found);
        variants.add(file);
        boolean gzip = false;
        for (Coding coding : NEIGHBOURS) {
            Path neighbour = RequestPath.nameOf(segment + coding.ending);
            BasicFileAttributes beside = folder.look(neighbour);
            if (beside != null
                    && beside.isRegularFile()
                    && beside.lastModifiedTime().compareTo(found.lastModifiedTime()) >= 0) {
                variants.add(Variant.stored(coding, neighbour, beside));
                gzip |= coding == Coding.GZIP;
            }
        }
        String type = MediaTypes.of(RequestPath.textOf(segment));
        boolean packs = MediaTypes.isText(type) && found.size() >= MIN_GZIP_BYTES;
        if (packs && !gzip && found.size() <= options.maxGzipBytes()) {
            variants.add(Variant.packed(file));
        }
        String vary = variants.size() > 1 || packs ? "Accept-Encoding" : "";
        return new Resource(key, type, vary, EmptyHttpHeaders.INSTANCE, variants);
    }

    /** A page that is made of a folder. */
    static Resource page(String key, String type, byte[] bytes, HttpHeaders extra) {
        Variant page = Variant.made(bytes);
        HttpHeaders fresh = Answer.fields()
                .add(extra)
                .add(HttpHeaderNames.CACHE_CONTROL, "no-cache"); // what is listed changes without a sign
        return new Resource(key, type, "Accept, Accept-Encoding", fresh, List.of(page, Variant.packed(page)));
    }

    String key() {
        return key;
    }

    String type() {
        return type;
    }

    String vary() {
        return vary;
    }

    HttpHeaders extra() {
        return extra;
    }

    /** The file itself. */
    Variant plain() {
        return variants.get(0);
    }

    /** Whether it was looked at less than a second ago. */
    boolean isFresh(long now, long maxAgeNanos) {
        return now - looked < maxAgeNanos;
    }

    /** It was found unchanged when the other was made. */
    void lookedLike(Resource other) {
        looked = other.looked;
        used = other.looked;
    }

    long used() {
        return used;
    }

    /** Written ten times a second at most: all event loops share it. */
    void use(long now) {
        if (now - used > 100_000_000) {
            used = now;
        }
    }

    long keptBytes() {
        long kept = 0;
        for (Variant variant : variants) {
            byte[] bytes = variant.bytes();
            kept += bytes == null ? 0 : bytes.length;
        }
        return kept;
    }

    boolean sameAs(Resource other) {
        if (variants.size() != other.variants.size()) {
            return false;
        }
        for (int i = 0; i < variants.size(); i++) {
            if (!variants.get(i).sameAs(other.variants.get(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * The variant for a request: that of the highest weight, among equals a stored one before one that is to be made,
     * and of the stored ones the smallest.
     *
     * @return null when the client takes none
     */
    @Nullable
    Variant choose(HttpRequest request) {
        List<String> fields = request.headers().getAll(HttpHeaderNames.ACCEPT_ENCODING);
        if (fields.isEmpty()) {
            return plain();
        }
        Preference preference = Preference.of(fields);
        Variant best = null;
        int bestWeight = 0;
        for (Variant variant : variants) {
            int weight = weight(variant, preference, request);
            boolean smaller = (best != null && variant.size() < best.size()) || isPlainBesidePacked(best, variant);
            if (weight > bestWeight || (weight > 0 && weight == bestWeight && smaller)) {
                best = variant;
                bestWeight = weight;
            }
        }
        return best;
    }

    /** At the same weight gzip saves bytes; its size is not known before. */
    private static boolean isPlainBesidePacked(@Nullable Variant best, Variant other) {
        return best != null && best.coding() == Coding.IDENTITY && other.coding() == Coding.GZIP_MADE;
    }

    private static int weight(Variant variant, Preference preference, HttpRequest request) {
        return switch (variant.coding()) {
            case IDENTITY -> preference.ofIdentity();
            case BR, ZSTD, GZIP -> preference.ofCoding(variant.coding().token);
            case GZIP_MADE -> mayPack(variant, request) ? preference.ofCoding(variant.coding().token) : 0;
        };
    }

    /** Without a length a reply must be chunked, which is new in 1.1; and a range is a range of stored bytes. */
    private static boolean mayPack(Variant variant, HttpRequest request) {
        boolean range = variant.isFile()
                && request.method().equals(HttpMethod.GET)
                && request.headers().contains(HttpHeaderNames.RANGE);
        return !range && request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0;
    }
}
