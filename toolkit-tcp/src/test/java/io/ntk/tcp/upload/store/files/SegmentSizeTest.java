package io.ntk.tcp.upload.store.files;

import static io.ntk.tcp.upload.store.files.StoreTesting.SEGMENT;
import static io.ntk.tcp.upload.store.files.StoreTesting.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import org.junit.jupiter.api.Test;

/** A file has at most 65,536 segments. */
class SegmentSizeTest {
    private static final long MOST = 65_536L * SEGMENT;

    private static int of(long size, UploadStore.Opening opening, int max) {
        return FileUpload.segmentBytes(request(1, "f", size, 1), opening, max);
    }

    @Test
    void takesASegmentSizeThatHoldsTheFileAndRaisesOneThatDoesNot() {
        assertThat(of(MOST, UploadStore.Opening.NORMAL, 4 << 20)).isEqualTo(SEGMENT);
        assertThat(of(MOST + 1, UploadStore.Opening.NORMAL, 4 << 20)).isEqualTo(2 * SEGMENT);
        assertThat(of(UploadRequest.UNKNOWN_SIZE, UploadStore.Opening.NORMAL, 4 << 20))
                .isEqualTo(SEGMENT);
    }

    @Test
    void refusesAFileThatWouldHaveMoreSegmentsBeforeItsFirstByte() {
        assertThat(of(MOST, UploadStore.Opening.NORMAL, SEGMENT)).isEqualTo(SEGMENT);
        assertThatThrownBy(() -> of(MOST + 1, UploadStore.Opening.NORMAL, SEGMENT))
                .isInstanceOfSatisfying(UploadException.class, e -> {
                    assertThat(e.error()).isEqualTo(UploadError.TOO_LARGE);
                    assertThat(e.expected()).isEqualTo(MOST);
                });
    }

    @Test
    void takesAnOptimisticSizeUnchangedOrNotAtAll() {
        assertThat(of(MOST, UploadStore.Opening.OPTIMISTIC, SEGMENT)).isEqualTo(SEGMENT);
        assertThatThrownBy(() -> of(MOST + 1, UploadStore.Opening.OPTIMISTIC, 4 << 20))
                .isInstanceOfSatisfying(
                        UploadException.class, e -> assertThat(e.error()).isEqualTo(UploadError.OFFSET));
        assertThatThrownBy(() -> of(1, UploadStore.Opening.OPTIMISTIC, SEGMENT / 2))
                .isInstanceOf(UploadException.class);
    }
}
