/**
 * Line and stream services over TCP, TLS and Unix sockets: a line in, a reply out; echo (RFC 862) and discard (RFC 863);
 * and a client for any of them.
 *
 * <p>One exchange with {@link io.ntk.tcp.line.Responder#upper()} and a limit of 16 bytes; the second line is not UTF-8,
 * the third is too long, the last is cut by the end of the stream:
 *
 * <pre>{@code
 * C: 73 74 72 61 c3 9f 65 0a        straße LF
 * S: 53 54 52 41 53 53 45 0a        STRASSE LF
 * C: ff 0a
 * S: error: not UTF-8 LF
 * C: 0123456789abcdefg CR LF
 * S: error: line longer than 16 bytes LF
 * C: end FIN
 * S: END LF FIN
 * }</pre>
 *
 * <p>The pipeline of a connection, behind what every server has ({@link io.ntk.core.Server}):
 *
 * <ol>
 *   <li>{@link io.ntk.core.TlsMismatchHandler}: line services without TLS alone; echo and discard take any bytes
 *   <li>{@link io.ntk.tcp.line.LineDecoder}: bytes to {@link io.ntk.tcp.line.LineMessage}
 *   <li>the handler that tells a {@link io.ntk.tcp.line.LineEvent.Listener} what was sent, if there is one
 *   <li>{@link io.ntk.tcp.line.LineHandler}, or {@link io.ntk.tcp.line.EchoHandler} or {@link
 *       io.ntk.tcp.line.DiscardHandler} in place of decoder and handler
 * </ol>
 *
 * <table>
 *   <caption>Limits</caption>
 *   <tr><th>what</th><th>limit</th><th>beyond it</th></tr>
 *   <tr><td>a line or chunk, its line end not counted</td><td>8,192 bytes, {@link
 *       io.ntk.tcp.line.LineOptions#maxLineBytes}</td><td>an error line; the connection stays, and decoding goes on
 *       behind it</td></tr>
 *   <tr><td>input that waits for its reply</td><td>one read (256 KiB) and what the kernel holds</td><td>nothing is
 *       read</td></tr>
 *   <tr><td>lines that a responder is asked of one connection at a time</td><td>1</td><td>the next waits</td></tr>
 *   <tr><td>output that the peer does not take</td><td>64 KiB and one reply; echo: 512 KiB and one read</td><td>nothing
 *       is read; reset after {@link io.ntk.core.Limits#writeStall}</td></tr>
 *   <tr><td>a client's bytes in flight</td><td>1 MiB, of a file by sendfile 8 MiB</td><td>{@code send} waits</td></tr>
 *   <tr><td>what a client received and its sink has not taken</td><td>1 MiB and one read</td><td>nothing is
 *       read</td></tr>
 * </table>
 *
 * <p>Everything else is in {@link io.ntk.core.Limits}. Netty knows half-closed Unix sockets on epoll and kqueue alone: on
 * NIO and io_uring the end of a Unix peer's stream closes the connection at once.
 */
@NullMarked
package io.ntk.tcp.line;

import org.jspecify.annotations.NullMarked;
