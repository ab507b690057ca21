package io.ntk.tcp.http.files;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** One representation of a {@link Resource}: the file itself, a compressed neighbour, or one that is made here. */
final class Variant {
    /** How the bytes are coded. */
    enum Coding {
        IDENTITY("", ""),
        BR("br", ".br"),
        ZSTD("zstd", ".zst"),
        GZIP("gzip", ".gz"),
        /** Made here from the file. */
        GZIP_MADE("gzip", "");

        final String token;
        final String ending;

        Coding(String token, String ending) {
            this.token = token;
            this.ending = ending;
        }
    }

    private final Coding coding;
    private final @Nullable Path name;
    private final long size;
    private final FileTime modified;
    private final @Nullable Object fileKey;
    private final String etag;
    private volatile byte @Nullable [] bytes;
    private volatile @Nullable HttpHeaders head;

    private Variant(
            Coding coding, @Nullable Path name, long size, FileTime modified, @Nullable Object key, String etag) {
        this.coding = coding;
        this.name = name;
        this.size = size;
        this.modified = modified;
        this.fileKey = key;
        this.etag = etag;
    }

    /** A file as it lies there: its entity tag is strong, of the time of its last change in nanoseconds and its size. */
    static Variant stored(Coding coding, Path name, BasicFileAttributes found) {
        FileTime modified = found.lastModifiedTime();
        String tag = "\"" + Long.toHexString(modified.to(TimeUnit.NANOSECONDS)) + "-" + Long.toHexString(found.size())
                + coding.ending.replace('.', '-') + "\"";
        return new Variant(coding, name, found.size(), modified, found.fileKey(), tag);
    }

    /** The gzip of a file, made here: its entity tag is weak, since another version of gzip may make other bytes. */
    static Variant packed(Variant of) {
        String tag = "W/" + (of.etag.startsWith("W/") ? of.etag.substring(2) : of.etag);
        String own = tag.substring(0, tag.length() - 1) + "-gzip\"";
        return new Variant(Coding.GZIP_MADE, of.name, of.size, of.modified, of.fileKey, own);
    }

    /** Bytes that are no file. */
    static Variant made(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        String tag = "W/\"" + Long.toHexString(sum.getValue()) + "-" + Integer.toHexString(bytes.length) + "\"";
        Variant made = new Variant(Coding.IDENTITY, null, bytes.length, FileTime.fromMillis(0), null, tag);
        made.bytes = bytes;
        return made;
    }

    Coding coding() {
        return coding;
    }

    /** The file's name; none for bytes that are no file. */
    Path name() {
        return Objects.requireNonNull(name, "name");
    }

    /** Of the file, which for a made variant is the one that it is made from. */
    long size() {
        return size;
    }

    String etag() {
        return etag;
    }

    boolean isFile() {
        return name != null;
    }

    /** Whether ranges of it can be asked for: its bytes must be the same each time. */
    boolean hasRanges() {
        return coding != Coding.GZIP_MADE && isFile();
    }

    /** In seconds since 1970, cut off. */
    long modifiedSeconds() {
        return Math.floorDiv(modified.to(TimeUnit.MILLISECONDS), 1000L);
    }

    byte @Nullable [] bytes() {
        return bytes;
    }

    void keep(byte[] content) {
        bytes = content;
    }

    /** Whether the attributes are still those of this variant's file. */
    boolean isStill(@Nullable BasicFileAttributes found) {
        return found != null
                && found.isRegularFile()
                && found.size() == size
                && found.lastModifiedTime().equals(modified)
                && Objects.equals(found.fileKey(), fileKey);
    }

    /** The same file, unchanged, or the same bytes. */
    boolean sameAs(Variant other) {
        return coding == other.coding
                && etag.equals(other.etag)
                && Objects.equals(name, other.name)
                && Objects.equals(fileKey, other.fileKey);
    }

    /** What a 200 or 206 says of the representation; made once. */
    HttpHeaders head(Resource resource) {
        HttpHeaders known = head;
        if (known == null) {
            known = describe(resource);
            head = known;
        }
        return known;
    }

    private HttpHeaders describe(Resource resource) {
        HttpHeaders headers = Answer.fields();
        headers.add(HttpHeaderNames.CONTENT_TYPE, AsciiString.of(resource.type()));
        validators(headers, resource);
        if (!coding.token.isEmpty()) {
            headers.add(HttpHeaderNames.CONTENT_ENCODING, coding.token);
        }
        if (hasRanges()) {
            headers.add(HttpHeaderNames.ACCEPT_RANGES, HttpHeaderValues.BYTES);
        }
        headers.add(Answer.NOSNIFF_NAME, Answer.NOSNIFF);
        headers.add(resource.extra());
        return headers;
    }

    /** What a 304 says too. */
    void validators(HttpHeaders headers, Resource resource) {
        headers.add(HttpHeaderNames.ETAG, AsciiString.of(etag));
        if (isFile()) {
            headers.add(HttpHeaderNames.LAST_MODIFIED, AsciiString.of(HttpDates.text(modifiedSeconds())));
        }
        String vary = resource.vary();
        if (!vary.isEmpty()) {
            headers.add(HttpHeaderNames.VARY, AsciiString.of(vary));
        }
    }
}
