package io.ntk.tcp.upload.store.folders;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.tcp.upload.store.UploadName;
import org.junit.jupiter.api.Test;

class NameTableTest {
    private final NameTable names = new NameTable();

    private void put(String name) {
        names.put(UploadName.fold(name), name);
    }

    @Test
    void findsEachOfManyNames() {
        for (int i = 0; i < 100_000; i++) {
            put("Film " + i + ".mkv");
        }
        assertThat(names.size()).isEqualTo(100_000);
        for (int i = 0; i < 100_000; i++) {
            assertThat(names.get(UploadName.fold("film " + i + ".MKV"))).isEqualTo("Film " + i + ".mkv");
        }
        assertThat(names.get(UploadName.fold("film 100000.mkv"))).isNull();
        assertThat(names.bytes()).isLessThan(100_000 * 60);
    }

    @Test
    void hasNoneAtFirst() {
        assertThat(names.size()).isZero();
        assertThat(names.get("")).isNull();
        assertThat(names.get("a")).isNull();
    }

    @Test
    void keepsTheLastOfThoseThatCollide() {
        put("stra\u00dfe");
        put("STRASSE");
        put("e\u0301");
        put("\u00c9");
        assertThat(names.size()).isEqualTo(2);
        assertThat(names.get(UploadName.fold("Strasse"))).isEqualTo("STRASSE");
        assertThat(names.get(UploadName.fold("\u00e9"))).isEqualTo("\u00c9");
    }

    @Test
    void takesTheLongestNames() {
        String longest = "\u20ac".repeat(85);
        String odd = "\ud83d\ude00".repeat(63);
        put(longest);
        put(odd);
        assertThat(names.get(UploadName.fold(longest))).isEqualTo(longest);
        assertThat(names.get(UploadName.fold(odd))).isEqualTo(odd);
    }

    @Test
    void takesANameAgainWithoutRoomForIt() {
        put("a");
        long before = names.bytes();
        for (int i = 0; i < 10_000; i++) {
            put("a");
        }
        assertThat(names.bytes()).isEqualTo(before);
        assertThat(names.size()).isEqualTo(1);
    }
}
