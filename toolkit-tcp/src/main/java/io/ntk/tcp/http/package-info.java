/**
 * HTTP/1.1 and HTTP/1.0 as a server (RFC 9110, RFC 9112): strict in what it takes, and hard to hang.
 *
 * <p>One exchange; the second request has two lengths, so nobody can say where it ends:
 *
 * <pre>{@code
 * C: GET / HTTP/1.1 CRLF Host: localhost CRLF CRLF
 * S: HTTP/1.1 200 OK CRLF Date: … CRLF Content-Type: text/plain; charset=utf-8 CRLF Content-Length: 12 CRLF CRLF
 *    Hello, World
 * C: POST / HTTP/1.1 CRLF Host: localhost CRLF Content-Length: 4 CRLF Transfer-Encoding: chunked CRLF CRLF 0 CRLF CRLF
 * S: HTTP/1.1 400 Bad Request CRLF … Connection: close CRLF … CRLF
 *    both Content-Length and Transfer-Encoding LF FIN
 * }</pre>
 *
 * <p>The pipeline of a connection, behind what every server has ({@link io.ntk.core.Server}):
 *
 * <ol>
 *   <li>{@link io.ntk.core.TlsMismatchHandler}: without TLS alone
 *   <li>{@link io.ntk.tcp.http.StrictHttpHandler}: bytes to bytes, of sound requests alone
 *   <li>the codec: a {@link io.netty.handler.codec.http.HttpServerCodec} that takes prepared bytes too
 *   <li>{@link io.ntk.tcp.http.access.AccessLogHandler}: where requests are told
 *   <li>{@link io.ntk.tcp.http.HttpTimeoutsHandler}
 *   <li>{@link io.ntk.tcp.http.PipelineOrderHandler}: one request at a time, and what becomes of the connection
 *   <li>the handler that tells a listener what was turned down
 *   <li>{@link io.ntk.tcp.http.access.CorsHandler} and {@link io.ntk.tcp.http.access.BasicAuthHandler}, where wanted
 *   <li>the handler of the {@link io.ntk.tcp.http.HttpMode}, such as {@link io.ntk.tcp.http.FixedResponseHandler}
 * </ol>
 *
 * <p>Why two handlers look at requests: a codec keeps what a request means and forgets how it was written, and smuggling
 * lives in how it is written. So all rules of syntax and framing are held in one place before the codec; order,
 * persistence and the answers to violations need whole messages, and are held behind it.
 *
 * <table>
 *   <caption>Limits</caption>
 *   <tr><th>what</th><th>limit</th><th>beyond it</th></tr>
 *   <tr><td>request line</td><td>8 KiB</td><td>414</td></tr>
 *   <tr><td>header lines, and again trailer lines</td><td>16 KiB, and 100 of them</td><td>431</td></tr>
 *   <tr><td>the line of a chunk</td><td>256 bytes</td><td>400</td></tr>
 *   <tr><td>body</td><td>1 MiB</td><td>413</td></tr>
 *   <tr><td>requests on a connection</td><td>1,000,000</td><td>the reply to the last one closes it</td></tr>
 *   <tr><td>requests that wait for their replies</td><td>64, and what one read brings at once</td><td>nothing is
 *       read</td></tr>
 *   <tr><td>first byte; between requests</td><td>10 s; 30 s</td><td>closed</td></tr>
 *   <tr><td>a head; 10 KiB of a body; a request</td><td>10 s; 10 s; 60 s</td><td>408</td></tr>
 *   <tr><td>output that the client does not take</td><td>64 KiB and one reply</td><td>the next request waits; reset after
 *       {@link io.ntk.core.Limits#writeStall}</td></tr>
 * </table>
 */
@NullMarked
package io.ntk.tcp.http;

import org.jspecify.annotations.NullMarked;
