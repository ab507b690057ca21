package io.ntk.cli;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.function.Function;

/**
 * Standard output for raw payload, as a channel: a descriptor is written from the buffers of the network as they are. Its
 * failure ends the run.
 */
final class PayloadChannel implements WritableByteChannel {
    private final WritableByteChannel out;
    private final Function<IOException, OutputLostException> lost;

    PayloadChannel(OutputStream out, Function<IOException, OutputLostException> lost) {
        this.out = out instanceof FileOutputStream file ? file.getChannel() : Channels.newChannel(out);
        this.lost = lost;
    }

    @Override
    public int write(ByteBuffer bytes) {
        try {
            return out.write(bytes);
        } catch (IOException e) {
            throw lost.apply(e);
        }
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        // The stream is the process's.
    }
}
