/**
 * A client for chats: for the server of this project in its plain and json formats, and for servers in the manner of
 * tutorials, which send every line to everybody.
 *
 * <p>Lines of UTF-8 end in LF. One exchange in the json format, where the client asks for the format, a nick and a room,
 * and is told of a message:
 *
 * <pre>{@code
 * C: /format json LF
 * C: /nick ann LF
 * C: /join tea LF
 * S: {"v":1,"time":"2026-11-21T14:32:47.123Z","run":"5f0c","seq":7,"room":"tea","type":"join","from":"ann"} LF
 * C: hello LF
 * S: {"v":1,"time":"2026-11-21T14:32:49.004Z","run":"5f0c","seq":8,"room":"tea","type":"message","from":"ann",…} LF
 * }</pre>
 *
 * <p>In reading order: {@link io.ntk.tcp.chat.client.ChatClientOptions}, {@link io.ntk.tcp.chat.client.ChatClient} (a
 * {@link io.ntk.tcp.line.TcpClient} that says who it is); {@link io.ntk.tcp.chat.client.SentLines} and {@link
 * io.ntk.tcp.chat.client.ReceivedLines}, bytes only; {@link io.ntk.tcp.chat.client.ReceivedMessage}, a line of the json
 * format; {@link io.ntk.tcp.chat.client.SeenMessages} and {@link io.ntk.tcp.chat.client.ReconnectDelay}, for who
 * connects again.
 *
 * <table>
 *   <caption>Limits</caption>
 *   <tr><th>what</th><th>limit</th><th>beyond it</th></tr>
 *   <tr><td>a line that is sent, its line end not counted</td><td>4,096 bytes</td><td>not sent, and told</td></tr>
 *   <tr><td>a line that is received</td><td>64 KiB by default</td><td>rejected, once; the next is read</td></tr>
 *   <tr><td>bytes in flight, and received bytes that nobody took</td><td>those of {@link
 *       io.ntk.tcp.line.TcpClient}</td><td>the sender waits; nothing is read</td></tr>
 *   <tr><td>a json line: fields, nested values</td><td>64, 16 deep</td><td>no message</td></tr>
 *   <tr><td>rooms whose last number is remembered</td><td>256</td><td>the oldest is forgotten</td></tr>
 * </table>
 */
@NullMarked
package io.ntk.tcp.chat.client;

import org.jspecify.annotations.NullMarked;
