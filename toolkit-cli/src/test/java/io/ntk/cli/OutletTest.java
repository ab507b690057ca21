package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ntk.testsupport.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class OutletTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final List<IOException> failures = new ArrayList<>();

    /** A reader that takes nothing before it is let go. */
    private static final class Stuck extends OutputStream {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch letGo = new CountDownLatch(1);
        private final OutputStream out;

        Stuck(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            entered.countDown();
            try {
                letGo.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            out.write(bytes, offset, length);
        }
    }

    private Outlet outlet(OutputStream stream, long max) {
        return new Outlet(stream, max, count -> count + " lost", failures::add);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    @Test
    void keepsTheOrderOfOffersAndPuts() throws Exception {
        Outlet outlet = outlet(written, 1000);
        outlet.offer("1");
        outlet.put("2");
        outlet.offer("3");
        outlet.offerText("4");
        outlet.putText("5\n");
        outlet.drain(LONG);
        assertThat(text()).isEqualTo("1\n2\n3\n45\n");
    }

    @Test
    void dropsWhatDoesNotFitAndTellsHowMuch() throws Exception {
        Stuck stuck = new Stuck(written);
        Outlet outlet = outlet(stuck, 10);
        outlet.offer("first");
        stuck.entered.await();
        outlet.offer("12345678"); // 9 bytes of 10
        outlet.offer("9"); // 2 more
        outlet.offer("lost too");
        stuck.letGo.countDown();
        outlet.drain(LONG);
        assertThat(text()).isEqualTo("first\n12345678\n2 lost\n");
        outlet.offer("and on");
        outlet.drain(LONG);
        assertThat(text()).endsWith("2 lost\nand on\n");
    }

    @Test
    void offersReturnWhileTheReaderIsStuck() throws Exception {
        Stuck stuck = new Stuck(written);
        Outlet outlet = outlet(stuck, 10);
        for (int i = 0; i < 10_000; i++) {
            outlet.offer("line " + i);
        }
        long before = System.nanoTime();
        outlet.drain(Duration.ofMillis(50));
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(50_000_000L);
        stuck.letGo.countDown();
        outlet.drain(LONG);
        assertThat(text()).startsWith("line 0\n").endsWith(" lost\n");
    }

    @Test
    void putTellsItsCallerOfTheFailure() {
        Outlet outlet = outlet(failing(), 10);
        assertThatThrownBy(() -> outlet.put("x")).hasMessage("No space left on device");
        assertThatThrownBy(() -> outlet.put("y")).hasMessage("No space left on device");
        assertThat(failures).hasSize(1);
    }

    @Test
    void aFailureEndsTheWriting() throws Exception {
        Outlet outlet = outlet(failing(), 10);
        outlet.offer("x");
        Await.until("failed", () -> failures.size() == 1);
        outlet.offer("y");
        outlet.drain(LONG);
        assertThat(failures).hasSize(1);
    }

    private static OutputStream failing() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
    }
}
