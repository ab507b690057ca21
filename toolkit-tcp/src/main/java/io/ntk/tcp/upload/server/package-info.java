/**
 * The receiving side of NTUP/1 ({@code docs/upload-protocol.md}), and of the simple protocol, {@code NAME|SIZE} and bytes.
 *
 * <p>The pipeline of a connection, behind what every server has ({@link io.ntk.core.Server}):
 *
 * <ol>
 *   <li>{@link io.ntk.core.TlsMismatchHandler}, without TLS
 *   <li>with the simple protocol allowed: what tells the two apart by the first byte, and leaves
 *   <li>{@link io.ntk.tcp.upload.UploadFrameDecoder} and {@link io.ntk.tcp.upload.UploadFrameEncoder}
 *   <li>{@link io.ntk.tcp.upload.server.UploadServerHandler}, or {@link io.ntk.tcp.upload.server.SimpleUploadHandler} in place
 *       of the three
 * </ol>
 *
 * <p>Parts of one connection, all on its event loop: {@code ServerHandshake} learns who the peer is, {@code UploadStreams} leads
 * frames and bytes to an {@code UploadStream} or to {@code WholeFiles}, {@code Credit} and {@code Results} answer, {@code
 * Liveness} gives up the dead, {@code ServerConnection} is what they share. Of the simple protocol's own are {@code SimpleInput},
 * which takes headers and bytes apart, and {@code SimpleFile}. All connections share an {@link io.ntk.tcp.upload.store.UploadStore},
 * which bounds what waits in it.
 *
 * <table>
 *   <caption>Limits</caption>
 *   <tr><th>what</th><th>limit</th><th>beyond it</th></tr>
 *   <tr><td>a frame</td><td>4 KiB, then 256 KiB</td><td>102, the end</td></tr>
 *   <tr><td>raw bytes ahead</td><td>8 MiB, {@link io.ntk.tcp.upload.server.UploadLimits#creditBytes}</td>
 *       <td>100, the end</td></tr>
 *   <tr><td>open files of a connection</td><td>256</td><td>402 for that file</td></tr>
 *   <tr><td>PUT and MKDIR without DONE</td><td>4,096</td><td>100, the end</td></tr>
 *   <tr><td>what waits for the disk, of all</td><td>128 MiB, and one read of each connection</td><td>nobody is read</td></tr>
 *   <tr><td>openings, small files and folders that wait for the disk, of all</td><td>8,192; 16,384</td>
 *       <td>nobody is read; 402</td></tr>
 *   <tr><td>unfinished uploads</td><td>10,000; 1,000 of an owner</td><td>402</td></tr>
 *   <tr><td>until a peer has said who it is</td><td>10 s</td><td>106, the end</td></tr>
 *   <tr><td>silence</td><td>three heartbeats</td><td>106, the end</td></tr>
 *   <tr><td>raw bytes a second</td><td>1 KiB over 30 s</td><td>107, the end</td></tr>
 *   <tr><td>receipts in memory</td><td>100,000; 64 MiB</td><td>the oldest is forgotten</td></tr>
 *   <tr><td>names of folders in memory</td><td>1,000,000 of 64 folders</td><td>a folder is read again</td></tr>
 * </table>
 */
@NullMarked
package io.ntk.tcp.upload.server;

import org.jspecify.annotations.NullMarked;
