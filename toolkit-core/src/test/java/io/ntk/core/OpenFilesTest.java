package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenFilesTest {
    private static final long WITHOUT_LIMIT = 1 << 20;

    @ParameterizedTest
    @CsvSource({
        "'Max open files            1024                 1048576              files     ', 1024",
        "'Limit   Soft\nMax cpu time  7  8  s\nMax open files  200  300  files\nMax nice priority 0 0', 200",
        "'Max open files            unlimited            unlimited            files     ', 1048576",
        "'', 1048576",
        "'Max open files', 1048576",
        "'Max open files  many  many  files', 1048576",
        "'Max open files  99999999999999999999  1  files', 1048576",
    })
    void readsTheSoftLimit(String table, long limit) {
        assertThat(OpenFiles.parse(table)).isEqualTo(limit);
    }

    @Test
    void findsTheLimitOfThisProcess() {
        assertThat(OpenFiles.limit()).isBetween(1L, Long.MAX_VALUE).isNotEqualTo(0);
        assertThat(WITHOUT_LIMIT).isPositive();
    }
}
