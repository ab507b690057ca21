package io.ntk.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Function;

/** Standard output for raw payload: its failure ends the run. */
final class PayloadStream extends OutputStream {
    private final OutputStream out;
    private final Function<IOException, OutputLostException> lost;

    PayloadStream(OutputStream out, Function<IOException, OutputLostException> lost) {
        this.out = out;
        this.lost = lost;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw lost.apply(e);
        }
    }

    @Override
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw lost.apply(e);
        }
    }
}
