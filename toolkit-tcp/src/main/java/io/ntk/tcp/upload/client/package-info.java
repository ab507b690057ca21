/**
 * The sending side of NTUP/1: {@link io.ntk.tcp.upload.client.UploadClient} sends files, folders and pipes, and goes on after
 * disconnects, restarts and errors that pass.
 *
 * <p>Threads of one run: <i>ntk-upload</i> decides, reads segments and computes their CRCs, and of a file that is
 * sent from its start the SHA-256 too; <i>ntk-upload-digest</i> reads resumed files once more for it, and compares what the
 * receiver already has; <i>ntk-upload-pipe</i> reads a source that
 * cannot be read twice; an event loop moves bytes and answers heartbeats. What the other threads learn is handed to the first
 * as tasks, so that all state but the connection's belongs to one thread.
 *
 * <p>Pipeline behind proxy and TLS: {@link io.ntk.tcp.upload.UploadFrameDecoder},
 * {@link io.ntk.tcp.upload.UploadFrameEncoder}, {@code ClientConnection}.
 *
 * <p>Limits: 8 MiB, or two segments, wait for the network; 32 files are open at a time and 4,096 small ones are without an
 * answer; a pipe keeps 64 MiB, or two segments, until the receiver has them; frames of the receiver are at most 256 KiB, and
 * reading stops while 1,024 are not yet looked at.
 */
@NullMarked
package io.ntk.tcp.upload.client;

import org.jspecify.annotations.NullMarked;
