package io.ntk.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;

/** Standard input as a channel: the file itself where it can be, so that the kernel may send it. */
final class StandardInput {
    private StandardInput() {}

    /**
     * Standard input of a run.
     *
     * @param crlf whether each LF that has no CR before it becomes CRLF
     */
    static ReadableByteChannel of(Environment environment, boolean crlf) {
        ReadableByteChannel source = environment.in() instanceof FileInputStream file
                ? file.getChannel()
                : Channels.newChannel(environment.in());
        return crlf ? new Crlf(source) : source;
    }

    /** Makes CRLF of LF, and leaves CRLF as it is. */
    static final class Crlf implements ReadableByteChannel {
        private final ReadableByteChannel source;
        private byte last;

        Crlf(ReadableByteChannel source) {
            this.source = source;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            // Every byte may become two.
            ByteBuffer read = ByteBuffer.allocate(Math.max(1, target.remaining() / 2));
            int size = source.read(read);
            if (size <= 0) {
                return size;
            }
            read.flip();
            int start = target.position();
            while (read.hasRemaining()) {
                byte next = read.get();
                if (next == '\n' && last != '\r') {
                    target.put((byte) '\r');
                }
                target.put(next);
                last = next;
            }
            return target.position() - start;
        }

        @Override
        public boolean isOpen() {
            return source.isOpen();
        }

        @Override
        public void close() throws IOException {
            source.close();
        }
    }
}
