/**
 * The sending side of NTUP/1: {@link io.ntk.tcp.upload.client.run.UploadClient} sends files, folders and pipes, and goes on after
 * disconnects, restarts and errors that pass.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.client.run.UploadClient}, which is asked; {@code Sending}, one run, which goes
 * round and decides what is next; {@code Transfers}, where its items are, and {@code Transfer}, how one of them stands, with what
 * {@code SendState} remembers of it on disk. What goes out: {@code Openings} of what is sent in segments, {@code Outflow} of the
 * segments and the commit, {@code SmallItems} in one frame. What comes back: {@code Replies}, and {@code Recovery} where
 * something went wrong. {@code Tally} counts, and tells the observer.
 *
 * <p>Threads of one run: <i>ntk-upload</i> decides, reads segments and computes their CRCs, and of a file that is
 * sent from its start the SHA-256 too; <i>ntk-upload-digest</i> reads resumed files once more for it, and compares what the
 * receiver already has; <i>ntk-upload-pipe</i> reads a source that cannot be read twice; an event loop moves bytes and answers heartbeats. What the other threads learn is handed to the first
 * as tasks, so that all state but the connection's belongs to one thread.
 *
 * <p>Limits: 8 MiB, or two segments, wait for the network; 32 files are open at a time and 4,096 small ones are without an
 * answer; a pipe keeps 64 MiB, or two segments, until the receiver has them. Those of the connection are in {@code link}.
 *
 * <p>Below it are {@code source}, which reads, and {@code link}, which connects; link carries the pieces of source. It must
 * not know a channel, or bytes of frames.
 */
@NullMarked
package io.ntk.tcp.upload.client.run;

import org.jspecify.annotations.NullMarked;
