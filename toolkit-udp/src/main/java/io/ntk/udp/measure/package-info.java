/**
 * Measures a way through the network with datagrams: what is lost in which direction, doubled, reordered or late, and how
 * long round trips take. The responder's part and the client's; the bytes are specified in
 * {@code docs/udp-measure-protocol.md}.
 *
 * <p>One measurement of two datagrams, the second of which is lost on its way back; every datagram is as long as the
 * load asks for:
 *
 * <pre>{@code
 * C: hello,  token 0, sequence 7731 (a nonce)
 * S: hello answer, token T, sequence 7731, distinct 0
 * C: token T, sequence 0, intended, sent
 * S: answer, token T, sequence 0, intended, sent, received, answered, distinct 1, bitmap 1
 * C: token T, sequence 1, …
 * S: answer, …, distinct 2, bitmap 3        (lost)
 * C: end, token T
 * S: end answer, distinct 2: nothing was lost on the way up, one answer on the way down
 * }</pre>
 *
 * <p>The pipeline of a responder's channel:
 *
 * <ol>
 *   <li>{@link io.ntk.udp.guard.ReflectionGuardHandler}
 *   <li>{@link io.ntk.udp.DatagramHandler} with a {@link io.ntk.udp.measure.MeasureResponder}
 * </ol>
 *
 * <p>A client has no pipeline: {@link io.ntk.udp.measure.MeasureClient} has a thread that sends, and one that receives or, at
 * high rates, none: then the sender reads what has come while it waits for its next time.
 *
 * <table>
 *   <caption>Limits</caption>
 *   <tr><th>what</th><th>limit</th><th>beyond it</th></tr>
 *   <tr><td>a datagram</td><td>80 to 65,507 bytes</td><td>shorter: no answer</td></tr>
 *   <tr><td>sessions of a responder</td><td>1,024, and 16 with one address</td><td>no answer</td></tr>
 *   <tr><td>silence of a session</td><td>60 s</td><td>its token proves nothing any more</td></tr>
 *   <tr><td>a token</td><td>30 to 60 s to open a session with it</td><td>no answer</td></tr>
 *   <tr><td>sequences a responder remembers</td><td>65,536 a session</td><td>answered, not counted</td></tr>
 *   <tr><td>sequences a client remembers</td><td>twice the timeout's, 65,536 to 16,777,216</td><td>ignored</td></tr>
 *   <tr><td>a datagram that could not be sent in time</td><td>1 s</td><td>missed</td></tr>
 *   <tr><td>a time in a histogram</td><td>1 hour</td><td>counts as an hour</td></tr>
 * </table>
 */
@NullMarked
package io.ntk.udp.measure;

import org.jspecify.annotations.NullMarked;
