/**
 * Keeps a datagram service from being made a weapon: senders of datagrams can be forged, so whoever answers can be used
 * to flood a third party, or be set upon another service that answers.
 *
 * <p>An answer is sent when all of these hold, in this order:
 *
 * <ol>
 *   <li>it answers a datagram, and its recipient is the sender of that
 *   <li>the recipient's port is none that answers by itself ({@link io.ntk.udp.guard.GuardOptions#REFUSED_PORTS}), and
 *       not the channel's own
 *   <li>it is no longer than what it answers
 *   <li>the recipient has not sent our own answers back to us, 8 times running; else it is muted for 60 s
 *   <li>the recipient's address (of IPv6 the /64) has had no more than 1,000 answers a second, with a burst of 2,000.
 *       Loopback, Unix peers, and those that the service has proven are exempt from this one.
 * </ol>
 *
 * <p>All memory is allocated at the start: {@link io.ntk.udp.guard.AnswerRates#ENTRIES} addresses, and as many peers a
 * channel whose last answer is remembered. Who is in neither begins anew.
 */
@NullMarked
package io.ntk.udp.guard;

import org.jspecify.annotations.NullMarked;
