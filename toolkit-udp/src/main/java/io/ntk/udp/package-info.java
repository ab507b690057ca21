/**
 * Datagrams over UDP and Unix sockets: a server that shows and answers them, a client that sends them and waits for
 * answers, echo (RFC 862), and handlers for an application's own pipeline.
 *
 * <p>One exchange with {@link io.ntk.udp.DatagramResponder#upper()}; each line is the payload of one datagram:
 *
 * <pre>{@code
 * C: 73 74 72 61 c3 9f 65    straße
 * S: 53 54 52 41 53 53 45    STRASSE
 * C:                         (empty)
 * S:                         (empty)
 * }</pre>
 *
 * <p>The pipeline of a channel:
 *
 * <ol>
 *   <li>{@code DatagramFrontHandler}: access list, counts, what is too long, events; sends datagrams without payload
 *   <li>{@link io.ntk.udp.guard.ReflectionGuardHandler}: only where something answers, unless it is switched off
 *   <li>{@link io.ntk.udp.DatagramEchoHandler}, {@link io.ntk.udp.DatagramHandler} with a {@link
 *       io.ntk.udp.DatagramResponder}, or nothing
 * </ol>
 *
 * <table>
 *   <caption>Limits</caption>
 *   <tr><th>what</th><th>limit</th><th>beyond it</th></tr>
 *   <tr><td>a datagram</td><td>65,527 bytes, {@link io.ntk.udp.DatagramOptions#maxDatagramBytes}</td><td>cut to that,
 *       told as truncated, never answered</td></tr>
 *   <tr><td>answers</td><td>{@link io.ntk.udp.guard.GuardOptions}</td><td>not sent, counted, told once</td></tr>
 *   <tr><td>answers that the system does not take</td><td>the batches of 16 MiB a channel</td><td>nothing is read; the kernel drops
 *       what its buffer does not hold, and {@link io.ntk.udp.KernelDrops} counts it</td></tr>
 *   <tr><td>what a generator has under way</td><td>4 batches of 64 datagrams</td><td>{@code send} waits</td></tr>
 * </table>
 */
@NullMarked
package io.ntk.udp;

import org.jspecify.annotations.NullMarked;
