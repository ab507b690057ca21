/**
 * The files of a folder over HTTP/1.1: RFC 9110, with conditional requests (13) and ranges (14).
 *
 * <pre>{@code
 * GET /docs/a.txt HTTP/1.1          HTTP/1.1 206 Partial Content
 * host: example                     content-type: text/plain; charset=utf-8
 * range: bytes=0-4                  etag: "1878f0a1b2c3d4e5-2a"
 *                                   last-modified: Sat, 21 Nov 2026 10:00:00 GMT
 *                                   accept-ranges: bytes
 *                                   content-range: bytes 0-4/42
 *                                   content-length: 5
 * }</pre>
 *
 * <p>In reading order: {@link io.ntk.tcp.http.files.FilesOptions}; {@link io.ntk.tcp.http.files.StaticFilesHandler}, which
 * asks {@link io.ntk.tcp.http.files.SharedFolder} on the event loop for what is in memory and on a reader for the rest;
 * {@code RequestPath} (a target becomes names), {@code OpenFolder} (names become an open file, no link followed),
 * {@code Resource} and {@code Variant} (a file and its codings), {@code Answer} with {@code Conditions}, {@code ByteRange}
 * and {@code Preference} (the reply), {@code FolderPage} (the listing), {@code FileTransfer} and {@code ChunkReader} (large
 * content on its way), {@code ResourceCache}.
 *
 * <table>
 * <caption>Limits</caption>
 * <tr><td>a file answered from memory</td><td>64 KiB</td></tr>
 * <tr><td>memory for those, of all connections</td><td>32 MiB</td></tr>
 * <tr><td>time until a known file is looked at again</td><td>1 s</td></tr>
 * <tr><td>ranges of a request</td><td>16; with more the whole is sent</td></tr>
 * <tr><td>buffers read ahead, where the kernel does not send</td><td>8 of 64 KiB, all connections 64 MiB</td></tr>
 * <tr><td>entries of a listing</td><td>10,000</td></tr>
 * <tr><td>a text that is compressed on its way</td><td>512 bytes to 16 MiB</td></tr>
 * <tr><td>requests that wait for an earlier one</td><td>those of one read, 4,096 at most</td></tr>
 * </table>
 */
@NullMarked
package io.ntk.tcp.http.files;

import org.jspecify.annotations.NullMarked;
