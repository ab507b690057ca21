package io.ntk.tcp.http.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InspectJsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-0",
                "0.5",
                "1e9",
                "1E-9",
                "2.5e+3",
                "\"\"",
                "\"a\\u00e9\\n\\\\\"",
                "true",
                "false",
                "null",
                "[]",
                "{}",
                "[1, 2 ,[3]]",
                "{\"a\" : {\"b\":[null]} , \"c\":\"\"}",
                " \t\r\n1 "
            })
    void isJson(String text) {
        assertThat(InspectJson.isValid(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "01",
                "1.",
                ".5",
                "1e",
                "+1",
                "-",
                "\"",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"\\u12\"",
                "\"a\tb\"",
                "tru",
                "nulll",
                "[",
                "[1",
                "[1,",
                "[1,]",
                "[,1]",
                "{",
                "{1:2}",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{\"a\":1]",
                "1 2",
                "'a'",
                "NaN"
            })
    void isNotJson(String text) {
        assertThat(InspectJson.isValid(text)).isFalse();
    }

    @Test
    void nestingHasALimit() {
        assertThat(InspectJson.isValid("[".repeat(257) + "]".repeat(257))).isTrue();
        assertThat(InspectJson.isValid("[".repeat(258) + "]".repeat(258))).isFalse();
        assertThat(InspectJson.isValid("[".repeat(1 << 20))).isFalse();
    }

    @Test
    void isIndentedForPeople() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("a", List.of("x\"\u202e", true));
        value.put("b", Map.of());
        value.put("c", new InspectJson.Raw("{\"d\":1}"));
        assertThat(InspectJson.pretty(value)).isEqualTo("""
                        {
                          "a": [
                            "x\\"\\u202e",
                            true
                          ],
                          "b": {},
                          "c": {"d":1}
                        }
                        """);
        assertThat(InspectJson.line(List.of(1, "x"))).isEqualTo("[1, \"x\"]\n");
    }
}
