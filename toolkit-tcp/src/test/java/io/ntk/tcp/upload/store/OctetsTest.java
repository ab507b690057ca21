package io.ntk.tcp.upload.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OctetsTest {
    private static final byte[] DIGITS = "123456789".getBytes(StandardCharsets.US_ASCII);

    @Test
    void sumsAndDigests() {
        Octets octets = Octets.of(DIGITS);
        assertThat(octets.crc32c()).isEqualTo(0xE3069283);
        assertThat(octets.sha256().hex()).isEqualTo("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    }

    @Test
    void doesNotChangeWithWhatItWasMadeOf() {
        byte[] bytes = DIGITS.clone();
        Octets array = Octets.of(bytes);
        Octets buffer = Octets.of(ByteBuffer.wrap(bytes, 2, 3));
        Arrays.fill(bytes, (byte) 0);
        array.toArray()[0] = 'x';
        assertThat(array).isEqualTo(Octets.of(DIGITS));
        assertThat(buffer.toArray()).containsExactly('3', '4', '5');
        assertThat(array.buffer().isReadOnly()).isTrue();
        assertThat(Octets.of(array.buffer())).isEqualTo(array);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "8, 8", "9, 9", "10, 9"})
    void readsAsMuchAsThereIs(int wanted, int there) throws IOException {
        ReadableByteChannel slow = new ReadableByteChannel() {
            private final ReadableByteChannel all = Channels.newChannel(new ByteArrayInputStream(DIGITS));

            @Override
            public int read(ByteBuffer into) throws IOException {
                int limit = into.limit();
                into.limit(Math.min(limit, into.position() + 4));
                int count = all.read(into);
                into.limit(limit);
                return count;
            }

            @Override
            public boolean isOpen() {
                return all.isOpen();
            }

            @Override
            public void close() throws IOException {
                all.close();
            }
        };
        assertThat(Octets.read(slow, wanted)).isEqualTo(Octets.of(Arrays.copyOf(DIGITS, there)));
    }
}
