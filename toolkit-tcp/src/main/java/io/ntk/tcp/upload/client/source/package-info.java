/**
 * What is read to be sent: files at positions, pipes once, in segments that are summed as they are read.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.client.source.Identity}, what tells one content of a file from another; {@link
 * io.ntk.tcp.upload.client.source.SourceFile}, one that is open as long as a part of it is being sent; {@link
 * io.ntk.tcp.upload.client.source.Segment}, what is sent of a part, and its CRC; {@link
 * io.ntk.tcp.upload.client.source.PipeRing}, what of a pipe the receiver does not have yet; the SHA-256 of a whole, {@link
 * io.ntk.tcp.upload.client.source.RunningDigest} beside the sending and {@link io.ntk.tcp.upload.client.source.Digests} on a
 * thread of its own.
 *
 * <p>It reads and sums what it is told. It must not know items, frames, connections, or what the receiver has. Not exported.
 */
@NullMarked
package io.ntk.tcp.upload.client.source;

import org.jspecify.annotations.NullMarked;
