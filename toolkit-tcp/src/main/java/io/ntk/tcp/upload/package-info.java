/**
 * NTUP/1, the project's own protocol for files ({@code docs/upload-protocol.md}), as both of its ends share it: resumable by
 * verified segment, durable and atomic, with a final answer that can be asked for again.
 *
 * <p>Here are the frames and their bytes. What is done with them is in {@link io.ntk.tcp.upload.server}, which receives, and in
 * {@link io.ntk.tcp.upload.client}, what is sent, with {@link io.ntk.tcp.upload.client.run}, which sends it; where files go is
 * {@link io.ntk.tcp.upload.store}, which knows no channel, and {@link io.ntk.tcp.upload.store.files}, which puts them into a
 * folder. The two ends do not know each other.
 *
 * <p>A file of one segment, on stream 1:
 *
 * <pre>{@code
 * C: 89 N T U P 0D 0A 1A, HELLO                  S: 89 N T U P 0D 0A 1A, HELLO_ACK
 * C: OPEN 1                                      S: OPENED 1
 * C: DATA 1 (a header of 28 bytes), raw bytes    S: ACK 1
 * C: COMMIT 1                                    S: DONE, in which 1 is durable
 * }</pre>
 *
 * <p>The pipeline at either end, behind TLS:
 *
 * <ol>
 *   <li>{@link io.ntk.tcp.upload.UploadFrameDecoder}: bytes to frames, and raw bytes as slices
 *   <li>{@link io.ntk.tcp.upload.UploadFrameEncoder}: frames to bytes
 *   <li>who speaks
 * </ol>
 *
 * <table>
 *   <caption>Limits</caption>
 *   <tr><th>what</th><th>limit</th><th>beyond it</th></tr>
 *   <tr><td>a frame, its length field and raw bytes not counted</td><td>4 KiB, then 256 KiB</td><td>102, the end</td></tr>
 *   <tr><td>a segment</td><td>256 KiB to 32 MiB, a power of two; the last one is shorter</td><td>the file fails</td></tr>
 *   <tr><td>files of a DONE, segments of a NAK</td><td>256, 1,024</td><td>100, the end</td></tr>
 *   <tr><td>the text of an ERROR</td><td>1 KiB</td><td>100, the end; cut off where it is written</td></tr>
 * </table>
 */
@NullMarked
package io.ntk.tcp.upload;

import org.jspecify.annotations.NullMarked;
