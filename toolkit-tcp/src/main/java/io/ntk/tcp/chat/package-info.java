/**
 * Group chat in lines of UTF-8, by the project's own specification ({@code docs/chat-protocol.md}): a member says a line,
 * and everybody in its room gets it, in one order.
 *
 * <p>One exchange in the plain format:
 *
 * <pre>{@code
 * S: * you are guest-1 in lobby (2 members); /help tells the commands LF
 * S: [14:32:40] <bob> is anybody there? LF          history
 * C: /nick ann LF
 * S: * you are now ann LF
 * C: hello LF                                       bob gets [14:32:47] <ann> hello
 * S: [14:32:51] <bob> hi ann LF
 * C: FIN                                            bob gets * ann left
 * S: FIN
 * }</pre>
 *
 * <p>The pipeline of a connection, behind what every server has ({@link io.ntk.core.Server}):
 *
 * <ol>
 *   <li>{@link io.ntk.core.TlsMismatchHandler}: without TLS alone
 *   <li>{@link io.ntk.tcp.chat.TelnetHandler}: refuses telnet's options
 *   <li>{@link io.ntk.tcp.line.LineDecoder}: bytes to lines, held back while reading is paused
 *   <li>{@link io.ntk.tcp.chat.PasswordHandler}: only with a password; leaves when it has come
 *   <li>{@link io.ntk.tcp.chat.ChatHandler}: makes the connection a member
 * </ol>
 *
 * <p>In reading order: {@link io.ntk.tcp.chat.ChatOptions} ({@link io.ntk.tcp.chat.MemberOptions}, {@link
 * io.ntk.tcp.chat.Flood}) and {@link io.ntk.tcp.chat.RoomOptions}; {@link io.ntk.tcp.chat.ChatServer}; {@link
 * io.ntk.tcp.chat.ChatHandler} and {@code MemberCommand}; the domain {@link io.ntk.tcp.chat.ChatRooms}, {@code Nicks}, {@code
 * Room}, {@code Batch} (one tick of a room, encoded once), {@code Member} and {@code Outbox} (what one member is still to
 * be sent); {@link io.ntk.tcp.chat.ChatMessage}, {@link io.ntk.tcp.chat.ChatFormat}, {@link io.ntk.tcp.chat.Nick}, {@link
 * io.ntk.tcp.chat.ChatText}; {@link io.ntk.tcp.chat.ChatObserver} and {@link io.ntk.tcp.chat.ChatTranscript}.
 *
 * <table>
 *   <caption>Limits</caption>
 *   <tr><th>what</th><th>limit</th><th>beyond it</th></tr>
 *   <tr><td>a line, its line end not counted</td><td>4,096 bytes</td><td>an error; the member stays</td></tr>
 *   <tr><td>lines of a member</td><td>10 a second, 20 at once, {@link io.ntk.tcp.chat.Flood}</td><td>they wait, and
 *       nothing more is read</td></tr>
 *   <tr><td>input of a member that waits</td><td>one read of 8 KiB and what the kernel holds</td><td>nothing is
 *       read</td></tr>
 *   <tr><td>a tick of a room</td><td>64 KiB in its largest format</td><td>the next begins</td></tr>
 *   <tr><td>ticks that one event loop has before it</td><td>4 of a room</td><td>the room's members are not read</td></tr>
 *   <tr><td>a member's bytes in its channel</td><td>64 KiB</td><td>they wait in its queue</td></tr>
 *   <tr><td>a member's queue</td><td>256 KiB, shared buffers in full</td><td>the oldest messages go, and it is told how
 *       many; or it is disconnected</td></tr>
 *   <tr><td>direct replies in it</td><td>32 KiB; 64 KiB</td><td>no more is read from the member; it is
 *       disconnected</td></tr>
 *   <tr><td>rooms, names, remembered counters</td><td>1,000; 24 letters; 10,000</td><td>an error; an error; new rooms
 *       begin above any number that was forgotten</td></tr>
 *   <tr><td>a freed name</td><td>30 s for its address or certificate</td><td>free for all</td></tr>
 *   <tr><td>the password</td><td>{@link io.ntk.core.Limits#handshake}</td><td>a line, and the end</td></tr>
 * </table>
 */
@NullMarked
package io.ntk.tcp.chat;

import org.jspecify.annotations.NullMarked;
