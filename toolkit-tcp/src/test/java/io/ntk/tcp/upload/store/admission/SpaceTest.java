package io.ntk.tcp.upload.store.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.StoreOptions;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import java.nio.file.FileStore;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpaceTest {
    private static final long GIB = 1L << 30;

    @TempDir
    private Path folder;

    private final SomeDisk disk = new SomeDisk();

    /** A disk as large and as full as the test says. */
    private static final class SomeDisk extends FileStore {
        private long total;
        private long usable;

        @Override
        public long getTotalSpace() {
            return total;
        }

        @Override
        public long getUsableSpace() {
            return usable;
        }

        @Override
        public long getUnallocatedSpace() {
            return usable;
        }

        @Override
        public String name() {
            return "some";
        }

        @Override
        public String type() {
            return "disk";
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }

        @Override
        public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
            return false;
        }

        @Override
        public boolean supportsFileAttributeView(String name) {
            return false;
        }

        @Override
        public <V extends FileStoreAttributeView> @Nullable V getFileStoreAttributeView(Class<V> type) {
            return null;
        }

        @Override
        public Object getAttribute(String attribute) {
            throw new UnsupportedOperationException();
        }
    }

    private Space space() {
        return new Space(StoreOptions.of(folder), folder.resolve(".ntup"), disk);
    }

    private static void assertNoSpace(Space space, long bytes, long room) {
        assertThatThrownBy(() -> space.reserve(bytes)).isInstanceOfSatisfying(UploadException.class, e -> {
            assertThat(e.error()).isEqualTo(UploadError.NO_SPACE);
            assertThat(e.expected()).isEqualTo(bytes);
            assertThat(e.provided()).isEqualTo(room);
        });
    }

    /** 1 GiB, or 2 % where that is more, in whole bytes. */
    @ParameterizedTest
    @CsvSource({
        "10737418240, 1073741824",
        "53687091200, 1073741824",
        "53687091249, 1073741824",
        "53687091250, 1073741825",
        "107374182400, 2147483648"
    })
    void leavesSoMuchOfTheDiskFree(long total, long kept) {
        disk.total = total;
        disk.usable = kept + 5;
        assertNoSpace(space(), 6, 5);
        Space space = space();
        space.reserve(5);
        assertNoSpace(space, 1, 0);
        space.unreserve(1);
        space.reserve(1);
        assertThat(space.taken()).isEqualTo(5);
    }

    @Test
    void whatIsWrittenIsCountedByTheDiskAlone() {
        disk.total = GIB;
        disk.usable = GIB + 5;
        Space space = space();
        space.reserve(3);
        space.write(3);
        disk.usable -= 3;
        assertNoSpace(space, 3, 2);
        space.reserve(2);
        assertThat(space.taken()).isEqualTo(5);
    }

    @Test
    void aDiskThatIsFullerThanAllowedGivesNothing() {
        disk.total = GIB;
        disk.usable = GIB - 1;
        assertNoSpace(space(), 1, 0);
        space().reserve(0);
    }
}
