package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.core.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderPageTest {
    @TempDir
    Path root;

    @BeforeEach
    void makeFiles() throws IOException {
        make("b.txt", 3000, 100);
        make("C.txt", 20, 300);
        make("a.txt", 100, 200);
        Files.createDirectories(root.resolve("zoo/inner"));
        Files.setLastModifiedTime(root.resolve("zoo"), FileTime.from(Instant.ofEpochSecond(400)));
    }

    private void make(String name, int size, long seconds) throws IOException {
        Files.write(root.resolve(name), new byte[size]);
        Files.setLastModifiedTime(root.resolve(name), FileTime.from(Instant.ofEpochSecond(seconds)));
    }

    private String page(String target, String... fields) throws IOException {
        try (Site site = Site.of(root)) {
            return site.get(target, fields);
        }
    }

    private List<String> names(String target) throws IOException {
        return Pattern.compile("<bdi>([^<]+)</bdi></a></td>")
                .matcher(page(target))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @Test
    void sortsByAQuery() throws IOException {
        assertThat(names("/")).containsExactly("zoo/", "a.txt", "b.txt", "C.txt");
        assertThat(names("/?sort=name&order=desc")).containsExactly("zoo/", "C.txt", "b.txt", "a.txt");
        assertThat(names("/?sort=size")).containsExactly("zoo/", "C.txt", "a.txt", "b.txt");
        assertThat(names("/?order=desc&sort=size")).containsExactly("zoo/", "b.txt", "a.txt", "C.txt");
        assertThat(names("/?sort=date")).containsExactly("zoo/", "b.txt", "a.txt", "C.txt");
        assertThat(names("/?sort=date&order=desc")).containsExactly("zoo/", "C.txt", "a.txt", "b.txt");
        assertThat(names("/?sort=%3Cscript%3E&order=x")).containsExactly("zoo/", "a.txt", "b.txt", "C.txt");
    }

    @Test
    void isSafeToOpen() throws IOException {
        String page = page("/");
        assertThat(page)
                .containsIgnoringCase("content-security-policy: default-src 'none'; style-src 'sha256-")
                .containsIgnoringCase("x-content-type-options: nosniff")
                .containsIgnoringCase("vary: Accept, Accept-Encoding")
                .containsIgnoringCase("cache-control: no-cache")
                .doesNotContain("<script", "http:", "https:", "style=");
    }

    @Test
    void leadsUp() throws IOException {
        assertThat(page("/")).doesNotContain("../");
        String page = page("/zoo/inner/");
        assertThat(page)
                .contains(
                        "<a href=\"../../\">Home</a>",
                        "<a href=\"../\"><bdi>zoo</bdi></a>",
                        "<bdi>inner</bdi></h1>",
                        "This folder is empty.");
    }

    @Test
    void isJsonOrTextWhenThatIsWanted() throws IOException {
        String json = page("/?sort=size", "Accept: application/json");
        assertThat(json).containsIgnoringCase("content-type: application/json\r\n");
        assertThat(Site.body(json))
                .startsWith(
                        "{\"path\":\"/\",\"complete\":true,\"entries\":[{\"name\":\"zoo\",\"type\":\"folder\",\"href\":\"./zoo/\","
                                + "\"modified\":\"1970-01-01T00:06:40Z\"},{\"name\":\"C.txt\",\"type\":\"file\",\"href\":\"./C.txt\",\"size\":20,");
        String text = page("/", "Accept: text/plain, text/html;q=0.5");
        assertThat(text).containsIgnoringCase("content-type: text/plain; charset=utf-8\r\n");
        assertThat(Site.body(text)).isEqualTo("""
                        1970-01-01T00:06:40Z               - zoo/
                        1970-01-01T00:03:20Z             100 a.txt
                        1970-01-01T00:01:40Z            3000 b.txt
                        1970-01-01T00:05:00Z              20 C.txt
                        """);
        assertThat(page("/", "Accept: */*")).contains("<!doctype html>");
        assertThat(page("/", "Accept: image/png")).contains("<!doctype html>");
    }

    @Test
    void looksAtNoMoreEntriesThanTheLimit() throws IOException {
        for (int limit = 3; limit <= 4; limit++) {
            try (Site site = Site.of(FilesOptions.of(root).withMaxListed(limit), Transport.AUTO)) {
                String page = site.get("/", "Accept: application/json");
                assertThat(page).contains("\"complete\":" + (limit == 4));
                assertThat(page.split("\"href\"", -1)).hasSize(limit + 1);
                assertThat(site.get("/").contains("Not all of this folder")).isEqualTo(limit == 3);
            }
        }
    }

    @Test
    void isNotSentAgainWhenNothingChanged() throws IOException {
        try (Site site = Site.of(root)) {
            String page = site.get("/", "Accept-Encoding: gzip");
            String tag = Pattern.compile("(?i)etag: (\\S+)")
                    .matcher(page)
                    .results()
                    .findFirst()
                    .orElseThrow()
                    .group(1);
            assertThat(page).containsIgnoringCase("content-encoding: gzip");
            assertThat(site.get("/", "Accept-Encoding: gzip", "If-None-Match: " + tag))
                    .startsWith("HTTP/1.1 304");
            assertThat(site.get("/", "Range: bytes=0-1")).startsWith("HTTP/1.1 200");
        }
    }
}
