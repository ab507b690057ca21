package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceNamesTest {
    @TempDir
    private Path folder;

    @Test
    void readsTheSystemsFormat() throws IOException {
        Path file = Files.writeString(folder.resolve("services"), """
                # a comment
                one\t1001/tcp\tuno ein # another
                one 1001/udp
                two 1002/TCP

                broken
                worse x/tcp
                """);
        ServiceNames names = ServiceNames.load(file);
        assertThat(names.source()).isEqualTo(file.toString());
        assertThat(names.byName("EIN", ""))
                .extracting(ServiceNames.Service::port)
                .containsExactly(1001);
        assertThat(names.byName("one", "")).hasSize(2);
        assertThat(names.byName("one", "udp")).hasSize(1);
        assertThat(names.byPort(1002, "tcp"))
                .extracting(ServiceNames.Service::name)
                .containsExactly("two");
        assertThat(names.byName("broken", "")).isEmpty();
    }

    @Test
    void hasATableOfItsOwnWhereThereIsNoFile() {
        ServiceNames names = ServiceNames.load(folder.resolve("missing"));
        assertThat(names.source()).isEqualTo("built-in table");
        assertThat(names.byName("https", "tcp"))
                .extracting(ServiceNames.Service::port)
                .containsExactly(443);
        assertThat(names.byPort(22, "")).extracting(ServiceNames.Service::name).containsExactly("ssh");
    }

    @Test
    void usesItsOwnTableForAFileThatIsNoText() throws IOException {
        Path file = Files.write(folder.resolve("services"), new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
        assertThat(ServiceNames.load(file).byName("http", "tcp")).isNotEmpty();
    }
}
