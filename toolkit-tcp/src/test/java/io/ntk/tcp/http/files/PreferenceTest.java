package io.ntk.tcp.http.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9110, 12.5. */
class PreferenceTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gzip                        | 1000 | 0    | 1
            gzip, br                    | 1000 | 1000 | 1
            gzip;q=0.5, br;q=1.0        | 500  | 1000 | 1
            br;q=0, gzip                | 1000 | 0    | 1
            *                           | 1000 | 1000 | 1
            *;q=0                       | 0    | 0    | 0
            gzip;q=0.001, *;q=0         | 1    | 0    | 0
            identity;q=0, gzip          | 1000 | 0    | 0
            identity, gzip;q=0.9        | 900  | 0    | 1000
            GZIP ; Q=0.25               | 250  | 0    | 1
            x-gzip                      | 1000 | 0    | 1
            gzip;q=1.001                | 0    | 0    | 1
            gzip;q=2                    | 0    | 0    | 1
            gzip;q=.5                   | 0    | 0    | 1
            gzip;q=-1                   | 0    | 0    | 1
            gzip;q=                     | 0    | 0    | 1
            ,,gzip,,                    | 1000 | 0    | 1
            gzip;level=9;q=0.5          | 500  | 0    | 1
            """)
    void weighsCodings(String field, int gzip, int br, int identity) {
        Preference preference = Preference.of(List.of(field));
        assertThat(preference.ofCoding("gzip")).isEqualTo(gzip);
        assertThat(preference.ofCoding("br")).isEqualTo(br);
        assertThat(preference.ofIdentity()).isEqualTo(identity);
    }

    @Test
    void anEmptyFieldAllowsIdentityOnly() {
        Preference preference = Preference.of(List.of(""));
        assertThat(preference.ofCoding("gzip")).isZero();
        assertThat(preference.ofIdentity()).isPositive();
    }

    @Test
    void theMostSpecificTypeCounts() {
        Preference preference = Preference.of(List.of("text/html;q=0.3, text/*;q=0.5", "*/*;q=0.1"));
        assertThat(preference.ofType("text/html")).isEqualTo(300);
        assertThat(preference.ofType("text/plain")).isEqualTo(500);
        assertThat(preference.ofType("application/json")).isEqualTo(100);
    }

    @Test
    void looksAt64MembersAtMost() {
        assertThat(Preference.of(List.of("a,".repeat(63) + "gzip")).ofCoding("gzip"))
                .isEqualTo(1000);
        assertThat(Preference.of(List.of("a,".repeat(64) + "gzip")).ofCoding("gzip"))
                .isZero();
    }
}
