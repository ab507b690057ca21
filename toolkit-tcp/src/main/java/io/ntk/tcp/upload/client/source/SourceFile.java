package io.ntk.tcp.upload.client.source;

import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is open for sending. It is closed when whoever opened it has released it and all of its regions are written or
 * released, so that no region outlives its descriptor, whose number may be another file's by then.
 */
public final class SourceFile extends AbstractReferenceCounted {
    private static final Logger LOG = LoggerFactory.getLogger(SourceFile.class);

    private final Path path;
    private final FileChannel channel;

    private SourceFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Opens a file.
     *
     * @param path of the file
     * @return the open file; the caller releases it
     * @throws IOException when it cannot be opened
     */
    public static SourceFile open(Path path) throws IOException {
        return new SourceFile(path, FileChannel.open(path, StandardOpenOption.READ));
    }

    /**
     * To read from at positions.
     *
     * @return the channel, still this one's
     */
    public FileChannel channel() {
        return channel;
    }

    /**
     * A part that the kernel sends.
     *
     * @param offset of the first byte
     * @param bytes how many
     * @return the region, the caller's, which keeps the file open
     */
    public FileRegion region(long offset, int bytes) {
        return new Region(offset, bytes);
    }

    /**
     * Why a region could not be sent, where that is the file's fault.
     *
     * @param message what was to be sent
     * @return null for what is no region of a file, and where all of it is still there
     */
    public static @Nullable String cut(Object message) {
        return message instanceof Region region && region.isCut()
                ? region.path() + ": it became shorter while it was being sent"
                : null;
    }

    private final class Region extends DefaultFileRegion {
        Region(long offset, long bytes) {
            super(channel, offset, bytes);
            SourceFile.this.retain();
        }

        Path path() {
            return path;
        }

        /** Whether the file ends before it. */
        boolean isCut() {
            try {
                return channel.size() < position() + count();
            } catch (IOException e) {
                return false; // closed meanwhile
            }
        }

        @Override
        protected void deallocate() {
            SourceFile.this.release();
        }
    }

    @Override
    public ReferenceCounted touch(Object hint) {
        return this;
    }

    @Override
    protected void deallocate() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("cannot close a source", e);
        }
    }
}
