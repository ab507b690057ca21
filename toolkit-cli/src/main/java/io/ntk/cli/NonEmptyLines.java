package io.ntk.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Passes bytes on but for empty lines. One thread writes. */
final class NonEmptyLines implements WritableByteChannel {
    private final WritableByteChannel out;
    private boolean atStart = true;
    /* A CR at the start of a line is held until it is known whether the line is empty. */
    private boolean carriageReturn;

    NonEmptyLines(WritableByteChannel out) {
        this.out = out;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int size = bytes.remaining();
        ByteBuffer kept = ByteBuffer.allocate(size + 1);
        while (bytes.hasRemaining()) {
            take(bytes.get(), kept);
        }
        kept.flip();
        while (kept.hasRemaining()) {
            out.write(kept);
        }
        return size;
    }

    private void take(byte next, ByteBuffer kept) {
        if (atStart && next == '\r' && !carriageReturn) {
            carriageReturn = true;
            return;
        }
        if (atStart && next == '\n') {
            carriageReturn = false;
            return;
        }
        if (carriageReturn) {
            kept.put((byte) '\r');
            carriageReturn = false;
        }
        kept.put(next);
        atStart = next == '\n';
    }

    @Override
    public boolean isOpen() {
        return out.isOpen();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
