package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.http.files.FilesOptions.HiddenFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {
    private static @Nullable String text(String target) {
        RequestPath path = RequestPath.parse(target, HiddenFiles.REFUSED);
        return path == null ? null : path.text();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            / | /
            /a | /a
            /a/ | /a/
            /a/b?q=/../ | /a/b
            /%61 | /a
            /a%20b | /a%20b
            /a%2bb | /a+b
            /%25 | /%25
            /%2561 | /%2561
            /%3f%23 | /%3F%23
            /%c3%a4 | /%C3%A4
            /%ff | /%FF
            /%0a | /%0A
            /a~b!$&'()*+,;=:@ | /a~b!$&'()*+,;=:@
            /... | -
            /a..b | /a..b
            /a. | /a.
            http://host/a%20b?x | /a%20b
            HTTPS://host | /
            http://host?x | /
            http://host/../x | -
            """)
    void isWrittenInOneWay(String target, String expected) {
        assertThat(String.valueOf(text(target))).isEqualTo(expected.replace("-", "null"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "*",
                "//",
                "/a//b",
                "//evil.example/",
                "/..",
                "/../a",
                "/a/..",
                "/a/../b",
                "/./a",
                "/.",
                "/%2e%2e/a",
                "/%2E./a",
                "/.%2e",
                "/a%2fb",
                "/a%2Fb",
                "/..%2f..%2fetc",
                "/a%5cb",
                "/a\\b",
                "/..\\..\\a",
                "/a%00",
                "/%00",
                "/a%",
                "/a%4",
                "/a%zz",
                "/a%-1",
                "/a%+1",
                "/a b",
                "/a\tb",
                "/a\u00e4",
                "/a\u0661",
                "/a#b",
                "/.hidden",
                "/a/.git/config",
                "/%2ehidden",
                "/.ntup",
                "/.NTUP/x",
                "http:/a",
                "http//a",
                "ftp://host/a",
                "/a%e2%\uff10\uff10"
            })
    void isNoneWhereNothingCanBe(String target) {
        assertThat(text(target)).isNull();
    }

    @Test
    void hiddenNamesAreServedWhenWanted() {
        assertThat(RequestPath.parse("/.well-known/x", HiddenFiles.SERVED)).isNotNull();
        assertThat(RequestPath.parse("/...", HiddenFiles.SERVED)).isNotNull();
        assertThat(RequestPath.parse("/.ntup/x", HiddenFiles.SERVED)).isNull();
        assertThat(RequestPath.parse("/%2eNtUp", HiddenFiles.SERVED)).isNull();
        assertThat(RequestPath.parse("/..", HiddenFiles.SERVED)).isNull();
        assertThat(RequestPath.parse("/%2e", HiddenFiles.SERVED)).isNull();
    }

    @Test
    void aNameHas255BytesAtMost() {
        assertThat(text("/" + "a".repeat(255))).isNotNull();
        assertThat(text("/" + "%41".repeat(255))).isEqualTo("/" + "A".repeat(255));
        assertThat(text("/" + "a".repeat(256))).isNull();
        assertThat(text("/" + "%41".repeat(256))).isNull();
    }

    @Test
    void keepsTheQuery() {
        RequestPath path = RequestPath.parse("/a?b=c?d", HiddenFiles.REFUSED);
        assertThat(path).extracting(RequestPath::query).isEqualTo("b=c?d");
    }

    @Test
    void namesGoToTheFileSystemAndBack() {
        for (String segment : new String[] {"a", "a%20b", "%C3%A4", "%25", "%3Cscript%3E", "a:b", "%0A", "%22"}) {
            Path name = RequestPath.nameOf(segment);
            assertThat(RequestPath.segmentOf(name, HiddenFiles.REFUSED)).isEqualTo(segment);
        }
        assertThat(RequestPath.segmentOf(Path.of("a\\b"), HiddenFiles.REFUSED)).isNull();
        assertThat(RequestPath.segmentOf(Path.of(".a"), HiddenFiles.REFUSED)).isNull();
    }

    @Test
    void isReadableForPeople() {
        assertThat(RequestPath.textOf("a%20%C3%A4%FF")).isEqualTo("a \u00e4\ufffd");
    }
}
