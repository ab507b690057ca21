/**
 * Who may use an HTTP server, from where, and who did: basic authentication, cross-origin requests, the access log.
 *
 * <p>Order of the handlers, behind an HTTP codec, each of use alone:
 *
 * <ol>
 *   <li>{@link io.ntk.tcp.http.access.AccessLogHandler}, which sees what all others answer;
 *   <li>{@link io.ntk.tcp.http.access.CorsHandler}, since preflights carry no password;
 *   <li>{@link io.ntk.tcp.http.access.BasicAuthHandler};
 *   <li>what answers.
 * </ol>
 *
 * <p>Limits: a password file of 1 MiB and 10,000 users; 64 passwords that wait to be checked, for whoever comes then is
 * answered with 503; 1,024 passwords found good are remembered for 5 minutes.
 */
@NullMarked
package io.ntk.tcp.http.access;

import org.jspecify.annotations.NullMarked;
