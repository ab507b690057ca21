package io.ntk.tcp.http.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.ntk.tcp.http.files.Answer.Piece;
import io.ntk.tcp.http.files.FilesOptions.Folders;
import io.ntk.tcp.http.files.FilesOptions.HiddenFiles;
import io.ntk.tcp.http.files.FilesOptions.Missing;
import io.ntk.testsupport.Await;
import io.ntk.testsupport.Programs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The replies, without a channel. */
class SharedFolderTest {
    private static final String TEXT = "Some text, ".repeat(100);

    @TempDir
    Path root;

    private SharedFolder folder = SharedFolder.open(FilesOptions.DEFAULTS);

    @BeforeEach
    void makeFiles() throws IOException {
        Files.writeString(root.resolve("a.txt"), TEXT);
        Files.writeString(root.resolve("tiny.txt"), "tiny");
        Files.write(root.resolve("picture.png"), new byte[3000]);
        Files.write(root.resolve("empty.bin"), new byte[0]);
        Files.createDirectories(root.resolve("site/sub"));
        Files.writeString(root.resolve("site/index.html"), "<p>index");
        Files.createDirectories(root.resolve("plain"));
        Files.writeString(root.resolve("plain/x"), "x");
        Files.writeString(root.resolve(".hidden"), "hidden");
        Files.createDirectories(root.resolve(".ntup"));
        Files.writeString(root.resolve(".ntup/key"), "secret");
        open(FilesOptions.of(root));
    }

    private void open(FilesOptions options) {
        folder.close();
        folder = SharedFolder.open(options);
    }

    @AfterEach
    void close() {
        folder.close();
    }

    private static HttpRequest request(String method, String target, String... fields) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), target);
        for (String field : fields) {
            int colon = field.indexOf(": ");
            request.headers().add(field.substring(0, colon), field.substring(colon + 2));
        }
        return request;
    }

    private Answer get(String target, String... fields) {
        return ask(request("GET", target, fields));
    }

    private Answer known(String method, String target) {
        return Objects.requireNonNull(folder.fromMemory(request(method, target)));
    }

    private Answer ask(HttpRequest request) {
        try {
            return folder.answer(request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int code(Answer answer) {
        return answer.status().code();
    }

    /** All of the content; closes the file. */
    private static byte[] bytes(Answer answer) {
        var out = new ByteArrayOutputStream();
        try {
            for (Piece piece : answer.pieces()) {
                byte[] bytes = piece.bytes();
                if (bytes == null) {
                    ByteBuffer part = ByteBuffer.allocate((int) piece.length());
                    FileChannel file = answer.file();
                    if (file == null || file.read(part, piece.from()) != piece.length()) {
                        throw new AssertionError("a piece is missing");
                    }
                    out.writeBytes(part.array());
                } else {
                    out.write(bytes, (int) piece.from(), (int) piece.length());
                }
            }
            answer.discard();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static String text(Answer answer) {
        return new String(bytes(answer), UTF_8);
    }

    private static String field(Answer answer, String name) {
        return String.join(" + ", answer.headers().getAll(name));
    }

    @Test
    void answersWithAFile() {
        Answer answer = get("/a.txt");
        assertThat(code(answer)).isEqualTo(200);
        assertThat(text(answer)).isEqualTo(TEXT);
        assertThat(field(answer, "content-type")).isEqualTo("text/plain; charset=utf-8");
        assertThat(field(answer, "content-length")).isEqualTo("1100");
        assertThat(field(answer, "accept-ranges")).isEqualTo("bytes");
        assertThat(field(answer, "etag")).matches("\"[0-9a-f]+-44c\"");
        assertThat(HttpDates.parse(field(answer, "last-modified"))).isPositive();
        assertThat(field(answer, "vary")).isEqualTo("Accept-Encoding");
        assertThat(field(answer, "x-content-type-options")).isEqualTo("nosniff");
    }

    @Test
    void knowsWhatItAnswersWithoutAnotherLook() {
        assertThat(folder.fromMemory(request("GET", "/a.txt"))).isNull();
        get("/a.txt");
        Answer known = folder.fromMemory(request("GET", "/a.txt?query"));
        assertThat(known).isNotNull().extracting(SharedFolderTest::text).isEqualTo(TEXT);
        assertThat(folder.fromMemory(request("GET", "/%61.txt"))).isNull();
    }

    @Test
    void headHasNoContent() {
        Answer answer = ask(request("HEAD", "/a.txt", "Range: bytes=0-1"));
        assertThat(code(answer)).isEqualTo(200);
        assertThat(answer.pieces()).isEmpty();
        assertThat(field(answer, "content-length")).isEqualTo("1100");
        assertThat(ask(request("HEAD", "/none")).pieces()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "TRACE", "BREW", "get"})
    void otherMethodsAreNotAllowed(String method) {
        Answer answer = known(method, "/a.txt");
        assertThat(answer.status().code()).isEqualTo(405);
        assertThat(field(answer, "allow")).isEqualTo("GET, HEAD, OPTIONS");
    }

    @Test
    void optionsSayWhatIsAllowed() {
        Answer answer = known("OPTIONS", "*");
        assertThat(answer.status().code()).isEqualTo(204);
        assertThat(field(answer, "allow")).isEqualTo("GET, HEAD, OPTIONS");
        assertThat(field(answer, "content-length")).isEmpty();
    }

    @Test
    void anEmptyFileIsEmpty() {
        Answer answer = get("/empty.bin", "Range: bytes=0-");
        assertThat(code(answer)).isEqualTo(200);
        assertThat(bytes(answer)).isEmpty();
        assertThat(field(answer, "content-length")).isEqualTo("0");
    }

    @Test
    void aFolderWithoutItsSlashMoves() {
        Answer answer = get("/site?a=b&c");
        assertThat(code(answer)).isEqualTo(301);
        assertThat(field(answer, "location")).isEqualTo("/site/?a=b&c");
        assertThat(code(get("//site"))).isEqualTo(404);
        assertThat(text(get("/site/"))).isEqualTo("<p>index");
        assertThat(field(get("/site/"), "content-type")).isEqualTo("text/html; charset=utf-8");
        assertThat(code(get("/a.txt/"))).isEqualTo(404);
        assertThat(code(get("/a.txt/x"))).isEqualTo(404);
    }

    @Test
    void unlistedFoldersAreNotThere() {
        open(FilesOptions.of(root).withFolders(Folders.UNLISTED));
        assertThat(code(get("/plain/"))).isEqualTo(404);
        assertThat(code(get("/plain"))).isEqualTo(404);
        assertThat(code(get("/site"))).isEqualTo(301);
        assertThat(code(get("/plain/x"))).isEqualTo(200);
    }

    @Test
    void whatIsRefusedLooksLikeWhatIsNotThere() throws IOException {
        Files.createSymbolicLink(root.resolve("link"), Path.of("a.txt"));
        Files.createSymbolicLink(root.resolve("out"), Path.of("/etc"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));
        Files.createDirectories(root.resolve("linked"));
        Files.createSymbolicLink(root.resolve("linked/index.html"), root.resolve("a.txt"));
        Answer missing = get("/missing");
        List<String> targets = List.of(
                "/link",
                "/out/passwd",
                "/out",
                "/out/",
                "/dangling",
                "/.hidden",
                "/.ntup/key",
                "/.ntup",
                "/.ntup/",
                "/../" + root.getFileName() + "/a.txt",
                "/%2e%2e/",
                "/site/..%2fa.txt",
                "/a.txt%00",
                "/site\\index.html",
                "/site%5cindex.html",
                "/site//index.html",
                "/" + "x".repeat(256),
                "/%zz",
                "relative");
        for (String target : targets) {
            Answer answer = get(target);
            assertThat(code(answer)).as(target).isEqualTo(404);
            assertThat(text(answer)).as(target).isEqualTo(text(missing));
            assertThat(answer.headers().toString())
                    .as(target)
                    .isEqualTo(missing.headers().toString());
        }
        assertThat(text(get("/linked/"))).doesNotContain("index.html");
    }

    @Test
    void specialFilesAreNotThereAndNobodyWaitsForThem() {
        Programs.run(new byte[0], "mkfifo", root.resolve("fifo").toString());
        assertThat(code(get("/fifo"))).isEqualTo(404);
        assertThat(code(get("/fifo/x"))).isEqualTo(404);
        assertThat(code(get("/fifo/"))).isEqualTo(404);
        assertThat(text(get("/"))).doesNotContain("fifo");
    }

    @Test
    void hiddenFilesAreServedWhenWantedButNeverTheUploadsThatAreUnderWay() {
        open(FilesOptions.of(root).withHidden(HiddenFiles.SERVED));
        assertThat(text(get("/.hidden"))).isEqualTo("hidden");
        assertThat(text(get("/"))).contains(".hidden").doesNotContain("ntup");
        assertThat(code(get("/.ntup/key"))).isEqualTo(404);
    }

    @Test
    void anApplicationsPathsAreItsIndex() throws IOException {
        Files.writeString(root.resolve("index.html"), "app");
        open(FilesOptions.of(root).withMissing(Missing.INDEX));
        assertThat(text(get("/"))).isEqualTo("app");
        assertThat(text(get("/users/7"))).isEqualTo("app");
        assertThat(text(get("/users/7/"))).isEqualTo("app");
        assertThat(text(get("/plain/"))).isEqualTo("app");
        assertThat(text(get("/v1.2", "Accept: text/html,*/*"))).isEqualTo("app");
        assertThat(code(get("/missing.js", "Accept: */*"))).isEqualTo(404);
        assertThat(text(get("/../x"))).isEqualTo("app");
        assertThat(text(get("/a.txt"))).isEqualTo(TEXT);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gzip                  | gz
            br                    | br
            zstd                  | zst
            gzip, br, zstd        | br
            gzip;q=1, br;q=0.5    | gz
            br;q=0, gzip          | gz
            *                     | br
            identity, br;q=0.5    | plain
            deflate               | plain
            identity              | plain
            *;q=0                 | none
            identity;q=0          | none
            identity;q=0, br      | br
            """)
    void compressedNeighboursAreChosenByWeight(String accepted, String expected) throws IOException {
        Files.writeString(root.resolve("page.html"), "plain".repeat(300));
        Files.writeString(root.resolve("page.html.br"), "br");
        Files.writeString(root.resolve("page.html.zst"), "zst ");
        Files.writeString(root.resolve("page.html.gz"), "gz   ");
        Answer answer = get("/page.html", "Accept-Encoding: " + accepted);
        if (expected.equals("none")) {
            assertThat(code(answer)).isEqualTo(406);
            return;
        }
        assertThat(field(answer, "vary")).isEqualTo("Accept-Encoding");
        assertThat(field(answer, "content-type")).isEqualTo("text/html; charset=utf-8");
        assertThat(field(answer, "etag")).doesNotStartWith("W/");
        assertThat(text(answer)).startsWith(expected);
    }

    @Test
    void eachStoredCodingHasATagAndRangesOfItsOwn() throws IOException {
        Files.writeString(root.resolve("page.html"), "plain");
        Files.writeString(root.resolve("page.html.gz"), "packed");
        Files.setLastModifiedTime(root.resolve("page.html.gz"), Files.getLastModifiedTime(root.resolve("page.html")));
        Answer packed = get("/page.html", "Accept-Encoding: gzip");
        String tag = field(packed, "etag");
        assertThat(tag).isNotEqualTo(field(get("/page.html"), "etag"));
        Answer part = get("/page.html", "Accept-Encoding: gzip", "Range: bytes=1-2", "If-Range: " + tag);
        assertThat(code(part)).isEqualTo(206);
        assertThat(field(part, "content-encoding")).isEqualTo("gzip");
        assertThat(text(part)).isEqualTo("ac");
        assertThat(code(get("/page.html", "Range: bytes=1-2", "If-Range: " + tag)))
                .isEqualTo(200);
        assertThat(code(get("/page.html", "Accept-Encoding: gzip", "If-None-Match: " + tag)))
                .isEqualTo(304);
    }

    @Test
    void aNeighbourThatIsOlderOrNoFileIsNone() throws IOException {
        Path neighbour = Files.writeString(root.resolve("picture.png.gz"), "old");
        Files.setLastModifiedTime(neighbour, FileTime.from(Instant.EPOCH));
        Files.createDirectories(root.resolve("picture.png.br"));
        Files.createSymbolicLink(root.resolve("picture.png.zst"), root.resolve("a.txt"));
        Answer answer = get("/picture.png", "Accept-Encoding: gzip, br, zstd");
        assertThat(field(answer, "content-encoding")).isEmpty();
        assertThat(bytes(answer)).hasSize(3000);
    }

    @Test
    void textIsCompressedWhenWanted() throws IOException {
        for (int i = 0; i < 2; i++) { // the second time from memory
            Answer answer = get("/a.txt", "Accept-Encoding: gzip");
            assertThat(field(answer, "content-encoding")).isEqualTo("gzip");
            assertThat(field(answer, "etag")).startsWith("W/").endsWith("-gzip\"");
            assertThat(field(answer, "accept-ranges")).isEmpty();
            assertThat(field(answer, "vary")).isEqualTo("Accept-Encoding");
            byte[] packed = bytes(answer);
            assertThat(field(answer, "content-length")).isEqualTo("" + packed.length);
            assertThat(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes())
                    .isEqualTo(TEXT.getBytes(UTF_8));
            assertThat(code(get("/a.txt", "Accept-Encoding: gzip", "If-None-Match: " + field(answer, "etag"))))
                    .isEqualTo(304);
        }
        Answer old = ask(request("GET", "/a.txt", "Accept-Encoding: gzip").setProtocolVersion(HttpVersion.HTTP_1_0));
        assertThat(field(old, "content-encoding")).isEmpty();
        assertThat(field(get("/picture.png", "Accept-Encoding: gzip"), "content-encoding"))
                .isEmpty();
        assertThat(field(get("/tiny.txt", "Accept-Encoding: gzip"), "content-encoding"))
                .isEmpty();
        Answer part = get("/a.txt", "Accept-Encoding: gzip", "Range: bytes=0-3");
        assertThat(text(part)).isEqualTo("Some");
    }

    @Test
    void gzipBeginsAt512BytesAndEndsAtTheLimit() throws IOException {
        open(FilesOptions.of(root).withMaxGzipBytes(600));
        for (int size : new int[] {511, 512, 600, 601}) {
            Files.writeString(root.resolve("s.txt"), "s".repeat(size));
            boolean packed = field(get("/s.txt", "Accept-Encoding: gzip"), "content-encoding")
                    .equals("gzip");
            assertThat(packed).as("" + size).isEqualTo(size == 512 || size == 600);
        }
    }

    @Test
    void rangesArePartsOfTheFile() {
        Answer one = get("/a.txt", "Range: bytes=5-8");
        assertThat(code(one)).isEqualTo(206);
        assertThat(field(one, "content-range")).isEqualTo("bytes 5-8/1100");
        assertThat(field(one, "content-length")).isEqualTo("4");
        assertThat(text(one)).isEqualTo("text");
        Answer none = get("/a.txt", "Range: bytes=1100-");
        assertThat(code(none)).isEqualTo(416);
        assertThat(field(none, "content-range")).isEqualTo("bytes */1100");
        assertThat(code(get("/a.txt", "Range: bytes=0-1", "Range: bytes=0-1"))).isEqualTo(200);
        assertThat(code(get("/a.txt", "Range: bytes=0-1", "If-Match: \"x\""))).isEqualTo(412);
    }

    @Test
    void severalRangesAreParts() {
        Answer parts = get("/a.txt", "Range: bytes=0-3,1000-1003");
        assertThat(code(parts)).isEqualTo(206);
        String type = field(parts, "content-type");
        assertThat(type).startsWith("multipart/byteranges; boundary=");
        assertThat(field(parts, "content-range")).isEmpty();
        String boundary = type.substring(type.indexOf('=') + 1);
        String content = text(parts);
        assertThat(field(parts, "content-length")).isEqualTo("" + content.length());
        assertThat(content)
                .isEqualTo("\r\n--" + boundary
                        + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-3/1100\r\n\r\nSome\r\n--"
                        + boundary
                        + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 1000-1003/1100\r\n\r\n Som\r\n--"
                        + boundary + "--\r\n");
    }

    @Test
    void aTimeOfChangeInTheFutureIsToldAsNow() throws IOException {
        Files.setLastModifiedTime(
                root.resolve("a.txt"), FileTime.from(Instant.now().plusSeconds(100_000)));
        long told = HttpDates.parse(field(get("/a.txt"), "last-modified"));
        assertThat(told)
                .isBetween(Instant.now().getEpochSecond() - 10, Instant.now().getEpochSecond());
    }

    @Test
    void aFileOf64KibibytesIsKeptAndALargerOneIsNot() throws IOException {
        Files.write(root.resolve("small"), new byte[FilesOptions.MAX_SMALL_BYTES]);
        Files.write(root.resolve("large"), new byte[FilesOptions.MAX_SMALL_BYTES + 1]);
        Answer small = get("/small");
        assertThat(small.file()).isNull();
        assertThat(bytes(small)).hasSize(FilesOptions.MAX_SMALL_BYTES);
        assertThat(folder.fromMemory(request("GET", "/small"))).isNotNull();
        Answer large = get("/large");
        assertThat(large.file()).isNotNull();
        assertThat(bytes(large)).hasSize(FilesOptions.MAX_SMALL_BYTES + 1);
        assertThat(folder.fromMemory(request("GET", "/large"))).isNull();
        assertThat(folder.fromMemory(request("HEAD", "/large"))).isNotNull();
    }

    @Test
    void aChangeIsSeenAfterASecondAtMost() throws IOException {
        assertThat(text(get("/tiny.txt"))).isEqualTo("tiny");
        Files.writeString(root.resolve("tiny.txt"), "changed");
        Await.until("another look", () -> folder.fromMemory(request("GET", "/tiny.txt")) == null);
        assertThat(text(get("/tiny.txt"))).isEqualTo("changed");
        assertThat(folder.fromMemory(request("GET", "/tiny.txt"))).isNotNull();
        Files.delete(root.resolve("tiny.txt"));
        assertThat(code(get("/tiny.txt"))).isEqualTo(404);
        assertThat(folder.fromMemory(request("GET", "/tiny.txt"))).isNull();
    }

    @Test
    void whatIsSwappedForALinkIsNeverFollowed() throws Exception {
        Path secret = Files.writeString(Files.createTempFile("ntk", "secret"), "secret");
        Path target = root.resolve("swapped");
        Files.writeString(target, "public");
        Path link = root.resolve("link");
        AtomicBoolean done = new AtomicBoolean();
        Thread swapper = new Thread(() -> {
            try {
                for (boolean linked = true; !done.get(); linked = !linked) {
                    if (linked) {
                        Files.createSymbolicLink(link, secret);
                    } else {
                        Files.writeString(link, "public");
                    }
                    Files.move(link, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        swapper.start();
        int served = 0;
        long end = System.nanoTime() + Await.DEADLINE.toNanos();
        for (int i = 0; i < 2000 || (served == 0 && System.nanoTime() < end); i++) {
            try {
                Answer answer = folder.answer(request("GET", "/swapped"));
                String text = text(answer);
                assertThat(text).isNotEqualTo("secret");
                served += code(answer) == 200 ? 1 : 0;
            } catch (IOException e) {
                assertThat(e).hasMessageNotContaining("secret"); // too fast for us is no leak
            }
        }
        done.set(true);
        swapper.join();
        Files.delete(secret);
        assertThat(served).isPositive();
    }

    @Test
    void aFolderThatIsNoneCannotBeServed() {
        assertThatThrownBy(() -> SharedFolder.open(FilesOptions.of(root.resolve("a.txt"))))
                .hasMessageContaining("a.txt: not a folder");
        assertThatThrownBy(() -> SharedFolder.open(FilesOptions.of(root.resolve("none"))))
                .hasMessageContaining("none: no such folder");
    }

    @Test
    void namesWithEveryOddCharacterAreServedUnderTheirLinks() throws IOException {
        Path odd = Files.createDirectories(root.resolve("odd"));
        List<String> names = List.of(
                "a b",
                "ä",
                "日本",
                "%41",
                "a+b",
                "a&b",
                "<script>alert(1)<script>",
                "\"quoted\"",
                "it's",
                "a:b",
                "a?b",
                "a#b",
                "new\nline",
                "tab\t",
                "\u202Egnp.exe",
                "~tilde",
                "a;b=c",
                "[x]",
                "{x}",
                "|",
                "^",
                "`",
                "\u007f",
                "javascript:alert(1)");
        for (String name : names) {
            String segment = URLEncoder.encode(name, UTF_8).replace("+", "%20");
            Files.writeString(odd.resolve(RequestPath.nameOf(segment)), "content of " + name);
        }
        Files.writeString(odd.resolve("back\\slash"), "not served");
        Files.writeString(odd.resolve(RequestPath.nameOf("no%FFUTF-8")), "content of |"); // a name that is only bytes
        String page = text(get("/odd/"));
        assertThat(page).doesNotContain("<script", "href=\"javascript", "\u202E", "slash");
        var links = java.util.regex.Pattern.compile("<tr class=\"f\"><td><a href=\"\\./([^\"]*)\"")
                .matcher(page);
        int found = 0;
        while (links.find()) {
            String text =
                    text(get("/odd/" + links.group(1).replace("&amp;", "&").replace("&#39;", "'")));
            assertThat(text).startsWith("content of ");
            assertThat(names).contains(text.substring("content of ".length()));
            found++;
        }
        assertThat(found).isEqualTo(names.size() + 1);
    }
}
