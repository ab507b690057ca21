package io.ntk.tcp.http.files;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.ntk.core.Escaped;
import io.ntk.core.JsonWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The page of a folder: as HTML, JSON or text by {@code Accept}, in the order that {@code ?sort=name|size|date} and
 * {@code order=desc} ask for, folders first.
 *
 * <p>The HTML has no script and loads nothing; a content security policy forbids both, so that a file name that got past
 * the escaping would still not run. Only what could be asked for is listed: no links, no special files.
 */
record FolderPage(RequestPath path, Format format, Sort sort, boolean descending) {
    /** How the page is written. */
    enum Format {
        HTML("text/html"),
        JSON("application/json"),
        TEXT("text/plain");

        final String type;

        Format(String type) {
            this.type = type;
        }
    }

    /** What entries are ordered by. */
    enum Sort {
        NAME("Name"),
        SIZE("Size"),
        DATE("Modified");

        final String heading;

        Sort(String heading) {
            this.heading = heading;
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What is in a folder.
     *
     * @param segment its name as in a path
     * @param name its name for people
     * @param folder whether it is a folder
     * @param size bytes of a file
     * @param modified its last change, in whole seconds
     */
    private record Entry(String segment, String name, boolean folder, long size, Instant modified) {
        String href() {
            // A colon in the first segment of a relative reference would end a scheme.
            return "./" + segment + (folder ? "/" : "");
        }
    }

    private static final String STYLE = """
            :root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--dim:#656d76;--line:#d8dee4;--row:#f3f5f7;--link:#0757b8}
            @media(prefers-color-scheme:dark){:root{--bg:#101418;--fg:#e2e8ee;--dim:#93a0ad;--line:#2c343c;--row:#1a2128;--link:#79b8ff}}
            *{box-sizing:border-box}
            body{margin:0 auto;max-width:60rem;padding:1.25rem 1rem 3rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
            a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}a:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
            h1{margin:0 0 1rem;font-size:1.2rem;font-weight:600;overflow-wrap:anywhere}h1 span{color:var(--dim);font-weight:400;padding:0 .2em}
            table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
            th{text-align:left;font-weight:600;font-size:.85rem;white-space:nowrap;border-bottom:2px solid var(--line)}th a{color:var(--dim)}
            th[aria-sort] a{color:var(--fg)}th[aria-sort=ascending] a::after{content:" \\2191"}th[aria-sort=descending] a::after{content:" \\2193"}
            th,td{padding:.4rem .6rem}tbody tr{border-bottom:1px solid var(--line)}tbody tr:hover{background:var(--row)}
            td:first-child{width:100%}td:first-child a{display:flex;gap:.6rem;align-items:center}bdi{overflow-wrap:anywhere;white-space:pre-wrap;min-width:0}
            svg[hidden]{display:none}.t i{font-style:normal}svg{flex:none;width:1.1em;height:1.1em;fill:var(--dim)}.d svg{fill:#d99a20}
            .n{text-align:right;white-space:nowrap}.n,.t,footer{color:var(--dim)}.t{white-space:nowrap}
            footer{margin-top:1rem;padding:0 .6rem;font-size:.85rem}.e{padding:1.5rem .6rem;color:var(--dim)}
            @media(max-width:34rem){.t i{display:none}th,td{padding:.5rem .35rem}}
            """;
    private static final String ICONS = """
            <svg hidden><symbol id="d" viewBox="0 0 16 16"><path d="M1 3.5A1.5 1.5 0 0 1 2.5 2h3.6l1.6 1.8h5.8A1.5 1.5 0 0 1 15 5.3v7.2a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 1 12.500z"/></symbol>\
            <symbol id="f" viewBox="0 0 16 16"><path d="M3 2.500A1.500 1.500 0 0 1 4.500 1H9v4h4v8.500a1.500 1.500 0 0 1-1.500 1.500h-7A1.500 1.500 0 0 1 3 13.500zM10 1.300 12.700 4H10z"/></symbol></svg>
            """;
    private static final HttpHeaders HTML_HEADERS = Answer.fields()
            .add(
                    HttpHeaderNames.CONTENT_SECURITY_POLICY,
                    "default-src 'none'; style-src '" + hash(STYLE)
                            + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
            .add("referrer-policy", "no-referrer");
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("uuuu-MM-dd", Locale.ROOT);
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);

    static FolderPage of(RequestPath path, HttpRequest request) {
        Preference accept = Preference.of(request.headers().getAll(HttpHeaderNames.ACCEPT));
        Format format = Format.HTML;
        for (Format other : Format.values()) {
            if (accept.ofType(other.type) > accept.ofType(format.type)) {
                format = other;
            }
        }
        List<String> query = List.of(path.query().split("&", 16));
        Sort sort = Arrays.stream(Sort.values())
                .filter(each -> query.contains("sort=" + each.word()))
                .findFirst()
                .orElse(Sort.NAME);
        return new FolderPage(path, format, sort, query.contains("order=desc"));
    }

    /** A line feed is in no path. */
    String key() {
        return path.text() + "\n" + format + sort + descending;
    }

    Resource make(OpenFolder folder, FilesOptions options) throws IOException {
        List<Entry> entries = new ArrayList<>();
        boolean complete = list(folder, options, entries);
        entries.sort(order());
        String text =
                switch (format) {
                    case HTML -> html(entries, complete);
                    case JSON -> json(entries, complete);
                    case TEXT -> text(entries, complete);
                };
        String type = format == Format.JSON ? format.type : format.type + "; charset=utf-8";
        HttpHeaders extra = format == Format.HTML ? HTML_HEADERS : Answer.fields();
        return Resource.page(key(), type, text.getBytes(StandardCharsets.UTF_8), extra);
    }

    /** Whether all were looked at. */
    private static boolean list(OpenFolder folder, FilesOptions options, List<Entry> entries) throws IOException {
        int looks = 0;
        try {
            for (Iterator<Path> names = folder.names(); names.hasNext(); ) {
                Path name = names.next().getFileName();
                if (looks++ == options.maxListed()) {
                    return false;
                }
                Entry entry = name == null ? null : entry(folder, name, options);
                if (entry != null) {
                    entries.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return true;
    }

    private static @Nullable Entry entry(OpenFolder folder, Path name, FilesOptions options) throws IOException {
        String segment = RequestPath.segmentOf(name, options.hidden());
        BasicFileAttributes found = segment == null ? null : folder.look(name);
        if (segment == null || found == null || (!found.isDirectory() && !found.isRegularFile())) {
            return null;
        }
        Instant modified = found.lastModifiedTime().toInstant().truncatedTo(ChronoUnit.SECONDS);
        boolean isFolder = found.isDirectory();
        return new Entry(segment, RequestPath.textOf(segment), isFolder, isFolder ? 0 : found.size(), modified);
    }

    private Comparator<Entry> order() {
        Comparator<Entry> byName = Comparator.<Entry, String>comparing(entry -> entry.name.toLowerCase(Locale.ROOT))
                .thenComparing(Entry::segment);
        Comparator<Entry> chosen =
                switch (sort) {
                    case NAME -> byName;
                    case SIZE -> Comparator.comparingLong(Entry::size).thenComparing(byName);
                    case DATE -> Comparator.comparing(Entry::modified).thenComparing(byName);
                };
        return Comparator.comparing(Entry::folder).reversed().thenComparing(descending ? chosen.reversed() : chosen);
    }

    private String json(List<Entry> entries, boolean complete) {
        List<JsonWriter> list = entries.stream()
                .map(entry -> {
                    JsonWriter one = new JsonWriter()
                            .field("name", entry.name)
                            .field("type", entry.folder ? "folder" : "file")
                            .field("href", entry.href());
                    if (!entry.folder) {
                        one.field("size", entry.size);
                    }
                    return one.field("modified", entry.modified.toString());
                })
                .toList();
        return new JsonWriter()
                        .field("path", path.text())
                        .field("complete", complete)
                        .objects("entries", list)
                + "\n";
    }

    /** Time, size and name of one entry a line, as a terminal can show it. */
    private static String text(List<Entry> entries, boolean complete) {
        StringBuilder out = new StringBuilder();
        for (Entry entry : entries) {
            out.append(entry.modified)
                    .append(String.format(Locale.ROOT, " %15s ", entry.folder ? "-" : Long.toString(entry.size)))
                    .append(Escaped.text(entry.name))
                    .append(entry.folder ? "/\n" : "\n");
        }
        return complete ? out.toString() : out.append("(there are more)\n").toString();
    }

    private String html(List<Entry> entries, boolean complete) {
        StringBuilder out = new StringBuilder(2048 + entries.size() * 260);
        String title = escape(title());
        out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
                .append("<title>")
                .append(title)
                .append("</title>\n<style>")
                .append(STYLE)
                .append("</style></head>\n<body>\n")
                .append(ICONS);
        breadcrumbs(out);
        out.append("<table><thead><tr>");
        for (Sort column : Sort.values()) {
            heading(out, column);
        }
        out.append("</tr></thead>\n<tbody>\n");
        if (!path.segments().isEmpty()) {
            out.append("<tr class=\"d\"><td><a href=\"../\"><svg aria-hidden=\"true\"><use href=\"#d\"/></svg>")
                    .append("<bdi>..</bdi></a></td><td></td><td></td></tr>\n");
        }
        entries.forEach(entry -> row(out, entry));
        out.append("</tbody></table>\n");
        if (entries.isEmpty()) {
            out.append("<p class=\"e\">This folder is empty.</p>\n");
        }
        return out.append("<footer>")
                .append(summary(entries, complete))
                .append("</footer>\n</body></html>\n")
                .toString();
    }

    private String title() {
        return path.segments().isEmpty() ? "/" : RequestPath.textOf(path.last()) + "/";
    }

    private void breadcrumbs(StringBuilder out) {
        List<String> segments = path.segments();
        out.append("<nav aria-label=\"Folders\"><h1>");
        for (int i = -1; i < segments.size(); i++) {
            String name = i < 0 ? "Home" : "<bdi>" + escape(RequestPath.textOf(segments.get(i))) + "</bdi>";
            int up = segments.size() - 1 - i;
            if (up == 0) {
                out.append(name);
            } else {
                out.append("<a href=\"")
                        .append("../".repeat(up))
                        .append("\">")
                        .append(name)
                        .append("</a><span>/</span>");
            }
        }
        out.append("</h1></nav>\n");
    }

    private void heading(StringBuilder out, Sort column) {
        boolean chosen = column == sort;
        String order = chosen && !descending ? "&amp;order=desc" : "";
        out.append(column == Sort.SIZE ? "<th class=\"n\"" : "<th");
        if (chosen) {
            out.append(" aria-sort=\"")
                    .append(descending ? "descending" : "ascending")
                    .append('"');
        }
        out.append("><a href=\"?sort=")
                .append(column.word())
                .append(order)
                .append("\">")
                .append(column.heading)
                .append("</a></th>");
    }

    private static void row(StringBuilder out, Entry entry) {
        String kind = entry.folder ? "d" : "f";
        out.append("<tr class=\"")
                .append(kind)
                .append("\"><td><a href=\"")
                .append(escape(entry.href()))
                .append("\"><svg aria-hidden=\"true\"><use href=\"#")
                .append(kind)
                .append("\"/></svg><bdi>")
                .append(escape(entry.name))
                .append(entry.folder ? "/" : "")
                .append("</bdi></a></td><td class=\"n\"");
        if (!entry.folder) {
            out.append(" title=\"").append(entry.size).append(" bytes\"");
        }
        var time = entry.modified.atOffset(ZoneOffset.UTC);
        out.append('>')
                .append(entry.folder ? "" : size(entry.size))
                .append("</td><td class=\"t\"><time datetime=\"")
                .append(entry.modified)
                .append("\" title=\"")
                .append(entry.modified)
                .append("\">")
                .append(DAY.format(time))
                .append("<i> ")
                .append(MINUTE.format(time))
                .append("</i></time></td></tr>\n");
    }

    private static String summary(List<Entry> entries, boolean complete) {
        long folders = entries.stream().filter(Entry::folder).count();
        long files = entries.size() - folders;
        long bytes = entries.stream().mapToLong(Entry::size).sum();
        String what = count(folders, "folder") + ", " + count(files, "file") + ", " + size(bytes) + ". Times are UTC.";
        return complete ? what : "Not all of this folder: " + what;
    }

    private static String count(long n, String what) {
        return n + " " + what + (n == 1 ? "" : "s");
    }

    private static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        int unit = Math.min(5, (63 - Long.numberOfLeadingZeros(bytes)) / 10);
        double value = bytes / (double) (1L << (unit * 10));
        return String.format(Locale.ROOT, value < 10 ? "%.1f %siB" : "%.0f %siB", value, "KMGTP".charAt(unit - 1));
    }

    /** For text and quoted attributes. What would be invisible, or turn the direction of the text, is shown as code. */
    private static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        String shown = Escaped.text(text);
        for (int i = 0; i < shown.length(); i++) {
            char c = shown.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
