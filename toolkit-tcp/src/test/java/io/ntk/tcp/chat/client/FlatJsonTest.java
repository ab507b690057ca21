package io.ntk.tcp.chat.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatJsonTest {
    private static final String LINE =
            "{\"v\":1,\"t\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00 ß\",\"n\":-12,\"f\":1.5e+2,\"y\":true,"
                    + "\"no\":false,\"z\":null,\"l\":[1,[],{\"a\":[\"]\"]}],\"o\":{\"type\":\"x\"}}";

    @Test
    void readsTextsNumbersAndTruthValuesAndLeavesOutTheRest() {
        assertThat(FlatJson.parse(LINE))
                .isEqualTo(
                        Map.of("v", 1L, "t", "a\"\\/\b\f\n\r\té😀 ß", "n", -12L, "f", 150.0, "y", true, "no", false));
    }

    @Test
    void takesBlanksBetweenAndNoneElse() {
        assertThat(FlatJson.parse("{ \"a\" :\t[ ] , \"b\" : 0 } \r")).isEqualTo(Map.of("b", 0L));
        assertThat(FlatJson.parse("{}")).isEmpty();
    }

    @Test
    void refusesEveryPiece() {
        for (int end = 0; end < LINE.length(); end++) {
            assertThat(FlatJson.parse(LINE.substring(0, end)))
                    .as(LINE.substring(0, end))
                    .isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "[]",
                "\"a\"",
                " {}",
                "{}x",
                "{,}",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":1.}",
                "{\"a\":.5}",
                "{\"a\":1e}",
                "{\"a\":tru}",
                "{\"a\":\"\\x\"}",
                "{a:1}",
                "{\"a\":\"\\u12g4\"}",
                "{\"a\":\"\t\"}",
                "{'a':1}",
                "{\"a\":NaN}",
                "{\"a\":-}",
                "{\"a\":\"\u0000\"}",
                "{\"a\":\u0000}",
                "{\"a\":[1}",
                "{\"a\":{]}",
                "{\"a\" 1}"
            })
    void refusesWhatIsNoObject(String line) {
        assertThat(FlatJson.parse(line)).isNull();
    }

    @Test
    void keepsNumbersThatFitNoLongAsFractions() {
        assertThat(FlatJson.parse("{\"a\":1000000000000000000000}")).isEqualTo(Map.of("a", 1e21d));
    }

    @Test
    void takesAsManyFieldsAsTheLimit() {
        assertThat(FlatJson.parse(fields(FlatJson.MAX_FIELDS))).hasSize(FlatJson.MAX_FIELDS);
        assertThat(FlatJson.parse(fields(FlatJson.MAX_FIELDS + 1))).isNull();
    }

    @Test
    void takesNestingUpToTheLimit() {
        assertThat(FlatJson.parse(nested(FlatJson.MAX_DEPTH))).isEmpty();
        assertThat(FlatJson.parse(nested(FlatJson.MAX_DEPTH + 1))).isNull();
        assertThat(FlatJson.parse("{\"a\":" + "[".repeat(60_000))).isNull();
    }

    /** An empty object apart from lists in one another, the innermost value this deep. */
    private static String nested(int depth) {
        return "{\"a\":" + "[".repeat(depth - 1) + "1" + "]".repeat(depth - 1) + "}";
    }

    private static String fields(int count) {
        StringBuilder line = new StringBuilder("{\"0\":0");
        for (int i = 1; i < count; i++) {
            line.append(",\"").append(i).append("\":").append(i);
        }
        return line + "}";
    }
}
