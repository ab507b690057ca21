package io.ntk.tcp.upload.store.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.folders.Disk;
import io.ntk.tcp.upload.store.folders.Disk.Step;
import io.ntk.tcp.upload.store.log.SmallFileEntry.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SmallFilesLogTest {
    private static final Instant BEGIN = Instant.ofEpochSecond(1_000_000);
    private static final Instant LATER = Instant.parse("9999-01-01T00:00:00Z");

    @TempDir
    private Path own;

    private Instant now = BEGIN;
    private boolean broken;
    private SmallFilesLog log = new SmallFilesLog(Path.of("nowhere"), Disk.REAL);

    @BeforeEach
    void begin() {
        Disk disk = (step, path) -> {
            if (broken && step == Step.DELETE_JOURNAL && path.endsWith("puts-1.log")) {
                throw new IOException("Operation not permitted");
            }
        };
        log = new SmallFilesLog(own, disk, () -> now);
    }

    @AfterEach
    void end() throws IOException {
        log.close();
    }

    private static SmallFileEntry entry(Kind kind, String id, String path) {
        Receipt receipt = new Receipt(path, 3, 7, null, Set.of());
        return new SmallFileEntry(kind, id, id + ".part", 1, path, OnExists.REJECT, receipt);
    }

    private void batch(String id) throws IOException {
        log.beginBatch();
        log.append(Step.JOURNAL_COMPLETE, entry(Kind.COMPLETE, id, "f" + id));
        log.endBatch();
    }

    @Test
    void findsWhatIsCompleteAndNothingElse() throws Exception {
        log.beginBatch();
        log.append(Step.JOURNAL_COMMITTING, entry(Kind.PREPARED, "a", "fa"));
        log.append(Step.JOURNAL, entry(Kind.UNDONE, "b", "fb"));
        assertThat(log.complete("a")).isNull();
        assertThat(log.complete("b")).isNull();
        batch("a");
        assertThat(log.complete("a")).isNotNull().satisfies(known -> assertThat(known.entry())
                .isEqualTo(entry(Kind.COMPLETE, "a", "fa")));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 490, 1024, 4096})
    void findsEntriesOfEachLength(int bytes) throws Exception {
        String path = "a".repeat(bytes);
        for (String id : new String[] {"a", "b", "c"}) {
            log.beginBatch();
            log.append(Step.JOURNAL_COMPLETE, entry(Kind.COMPLETE, id, path));
        }
        for (String id : new String[] {"a", "b", "c"}) {
            assertThat(log.complete(id)).isNotNull().satisfies(known -> assertThat(known.entry())
                    .isEqualTo(entry(Kind.COMPLETE, id, path)));
        }
    }

    @Test
    void leavesALogThatIsAnHourOld() throws Exception {
        batch("a");
        now = BEGIN.plusSeconds(3600);
        batch("b");
        assertThat(own.resolve("puts-2.log")).doesNotExist();
        now = BEGIN.plusSeconds(3601);
        batch("c");
        assertThat(own.resolve("puts-2.log")).isNotEmptyFile();
        for (String id : new String[] {"a", "b", "c"}) {
            assertThat(log.complete(id)).isNotNull();
        }
    }

    @Test
    void aLogIsNotDeletedInTheMiddleOfABatch() throws Exception {
        log.beginBatch();
        log.append(Step.JOURNAL_COMMITTING, entry(Kind.PREPARED, "a", "fa"));
        log.deleteBefore(LATER);
        log.append(Step.JOURNAL_COMPLETE, entry(Kind.COMPLETE, "a", "fa"));
        assertThat(log.complete("a")).isNotNull();
        log.endBatch();
        log.deleteBefore(LATER);
        assertThat(own).isEmptyDirectory();
        assertThat(log.complete("a")).isNull();
        assertThatThrownBy(() -> log.append(Step.JOURNAL, entry(Kind.UNDONE, "a", "fa")))
                .isInstanceOf(IOException.class);
        batch("b");
        assertThat(log.complete("b")).isNotNull();
    }

    @Test
    void oneThatCannotBeDeletedKeepsNoOther() throws Exception {
        batch("a");
        log.beginAnew();
        batch("b");
        broken = true;
        log.deleteBefore(LATER);
        assertThat(own.resolve("puts-1.log")).exists();
        assertThat(own.resolve("puts-2.log")).doesNotExist();
        assertThat(log.complete("a")).isNotNull();
        assertThat(log.complete("b")).isNull();
    }

    /** What cannot be read is not unknown: it would be taken for a new file. */
    @Test
    void aLogThatCannotBeReadIsAFailure() throws Exception {
        batch("a");
        log.close();
        Files.delete(own.resolve("puts-1.log"));
        assertThat(log.complete("a")).isNull();
        Files.createSymbolicLink(own.resolve("puts-1.log"), own.resolve("elsewhere"));
        assertThatThrownBy(() -> log.complete("a")).isInstanceOf(IOException.class);
    }
}
