package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a browser makes of the page of a folder. Its pictures are left in {@code target/browser} to be looked at. */
class BrowserIT {
    private static final List<String> ODD_NAMES = List.of(
            "<script>document.title='run'<",
            "<img src=x onerror=document.title='run'>",
            "javascript:document.title='run'",
            "'\"&amp;\" onclick='x'",
            "\u001b[31mred",
            "line\nfeed",
            "turned\u202egnp.exe",
            "100%25?a#b",
            "é\u6f22\ud83c\udf89");

    @TempDir
    Path root;

    @TempDir
    Path profile;

    private String show(String url, String picture, String... flags) throws IOException {
        Files.createDirectories(Path.of("target/browser"));
        List<String> command = new ArrayList<>(List.of(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + profile,
                "--screenshot=" + Path.of("target/browser", picture).toAbsolutePath(),
                "--dump-dom"));
        command.addAll(List.of(flags));
        command.add(url);
        Programs.Result result = Programs.run(new byte[0], command.toArray(String[]::new));
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(Path.of("target/browser", picture)).isNotEmptyFile();
        return result.text();
    }

    private static List<String> names(String dom) {
        return Pattern.compile("<bdi>([^<]*)</bdi></a></td>")
                .matcher(dom)
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @Test
    void showsAPageThatIsSafeWhateverTheNamesAre() throws IOException {
        Programs.require("chromium");
        for (String name : ODD_NAMES) {
            Files.createFile(root.resolve(name));
        }
        Files.write(root.resolve("notes.md"), new byte[1234]);
        Files.write(root.resolve("video.mp4"), new byte[3_456_789]);
        Files.setLastModifiedTime(root.resolve("notes.md"), FileTime.from(Instant.parse("2024-02-29T12:34:56Z")));
        Files.createDirectories(root.resolve("photos"));
        try (Site site = Site.of(root)) {
            String dom = show(site.url("/"), "wide.png", "--window-size=1200,900");
            assertThat(dom)
                    .contains("<title>/</title>")
                    .contains("1.2 KiB", "3.3 MiB", "title=\"3456789 bytes\"", "2024-02-29<i> 12:34</i>")
                    .doesNotContain("<script", "<img", "href=\"javascript:", " onclick=\"x\"");
            assertThat(names(dom))
                    .startsWith("photos/")
                    .contains(
                            "&lt;script&gt;document.title='run'&lt;",
                            "&lt;img src=x onerror=document.title='run'&gt;",
                            "'\"&amp;amp;\" onclick='x'",
                            "\\u001b[31mred",
                            "line\\nfeed",
                            "turned\\u202egnp.exe",
                            "100%25?a#b",
                            "é\u6f22\ud83c\udf89")
                    .hasSize(ODD_NAMES.size() + 3);
            String sorted = show(
                    site.url("/?sort=size&order=desc"),
                    "narrow-dark.png",
                    "--window-size=500,900",
                    "--blink-settings=preferredColorScheme=0");
            assertThat(names(sorted)).startsWith("photos/", "video.mp4", "notes.md");
            assertThat(sorted).contains("aria-sort=\"descending\"><a href=\"?sort=size\">Size</a>");
        }
    }
}
