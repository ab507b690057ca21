package io.ntk.tcp.http.files;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Media types by the ending of a name. */
final class MediaTypes {
    static final String UNKNOWN = "application/octet-stream";

    private static final String TABLE = """
            text/html html htm shtml
            text/css css
            text/javascript js mjs cjs
            text/plain txt text log conf cfg ini properties toml diff patch sh bash py rb pl go rs c h cc cpp hpp java \
            kt scala sql gradle bat ps1 srt tex
            text/csv csv
            text/tab-separated-values tsv
            text/markdown md markdown
            text/calendar ics
            text/vcard vcf
            text/vtt vtt
            text/xml xml xsl xsd
            text/yaml yaml yml
            application/json json map
            application/ld+json jsonld
            application/geo+json geojson
            application/manifest+json webmanifest
            application/x-ndjson ndjson jsonl
            application/xhtml+xml xhtml
            application/rss+xml rss
            application/atom+xml atom
            application/wasm wasm
            application/pdf pdf
            application/rtf rtf
            application/postscript ps eps
            application/epub+zip epub
            application/zip zip
            application/gzip gz tgz
            application/zstd zst
            application/x-bzip2 bz2
            application/x-xz xz
            application/x-7z-compressed 7z
            application/x-tar tar
            application/vnd.rar rar
            application/java-archive jar war ear
            application/vnd.debian.binary-package deb
            application/x-rpm rpm
            application/vnd.android.package-archive apk
            application/x-iso9660-image iso
            application/x-apple-diskimage dmg
            application/msword doc
            application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
            application/vnd.ms-excel xls
            application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
            application/vnd.ms-powerpoint ppt
            application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
            application/vnd.oasis.opendocument.text odt
            application/vnd.oasis.opendocument.spreadsheet ods
            application/vnd.oasis.opendocument.presentation odp
            application/vnd.sqlite3 sqlite
            image/svg+xml svg
            image/png png
            image/apng apng
            image/jpeg jpg jpeg jpe
            image/gif gif
            image/webp webp
            image/avif avif
            image/heic heic
            image/jxl jxl
            image/bmp bmp
            image/tiff tif tiff
            image/x-icon ico
            font/woff woff
            font/woff2 woff2
            font/ttf ttf
            font/otf otf
            audio/mpeg mp3
            audio/mp4 m4a
            audio/ogg ogg oga opus
            audio/flac flac
            audio/wav wav
            audio/aac aac
            audio/midi mid midi
            video/mp4 mp4 m4v
            video/webm webm
            video/ogg ogv
            video/quicktime mov
            video/x-matroska mkv
            video/x-msvideo avi
            video/mpeg mpg mpeg
            application/vnd.apple.mpegurl m3u8
            """;

    private static final Map<String, String> BY_ENDING = read();
    /* Names without an ending that are text by custom. */
    private static final Set<String> TEXTS = Set.of(
            "readme", "license", "licence", "notice", "changelog", "makefile", "dockerfile", "authors", "copying");

    private MediaTypes() {}

    private static Map<String, String> read() {
        Map<String, String> types = new HashMap<>();
        TABLE.lines().map(line -> line.split(" ", -1)).forEach(words -> {
            for (int i = 1; i < words.length; i++) {
                types.put(words[i], words[0]);
            }
        });
        return Map.copyOf(types);
    }

    /** The type of a name, with the charset where it is text: UTF-8, which ASCII is part of. */
    static String of(String name) {
        int dot = name.lastIndexOf('.');
        String ending = name.substring(dot + 1).toLowerCase(Locale.ROOT);
        if (dot < 0) {
            return TEXTS.contains(ending) ? "text/plain; charset=utf-8" : UNKNOWN;
        }
        String type = BY_ENDING.getOrDefault(ending, UNKNOWN);
        return type.startsWith("text/") ? type + "; charset=utf-8" : type;
    }

    /** Whether gzip pays for this type. */
    static boolean isText(String type) {
        return type.startsWith("text/")
                || type.endsWith("json")
                || type.endsWith("+xml")
                || type.equals("application/wasm")
                || type.equals("application/rtf")
                || type.equals("application/vnd.apple.mpegurl");
    }
}
