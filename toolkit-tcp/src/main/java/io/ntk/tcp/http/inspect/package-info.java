/**
 * An HTTP server that shows a client what it sent, and answers in the way that the client asks for: for tests of clients.
 *
 * <p>The paths, with the meaning that httpbin gave them:
 *
 * <pre>
 * /anything, /anything/…     the request as JSON: args, data, files, form, headers, json, method, origin, url
 * /headers, /ip              its headers; where it came from
 * /status/CODE               that status; of CODE,CODE or CODE:WEIGHT,… one by chance
 * /delay/SECONDS             as /anything, later (at most 10 s)
 * /bytes/N                   N random bytes (at most 1 MiB); ?seed=S gives the same again
 * /stream/N                  N lines of JSON (at most 100), chunked
 * /drip                      ?numbytes=10&amp;duration=2&amp;delay=0&amp;code=200: a byte now and then
 * /redirect/N                N redirects, the last to /anything
 * /basic-auth/USER/PASSWORD  200 for them, else 401
 * /etag/E                    honours If-None-Match and If-Match against "E"
 * /gzip                      the request as JSON, compressed
 * /echo                      the request itself, byte for byte, head and body
 * </pre>
 *
 * <p>Order of the handlers: {@link io.ntk.tcp.http.inspect.RecordingRequestDecoder} (only for {@code /echo}; else any HTTP
 * codec), {@link io.ntk.tcp.http.inspect.InspectHandler}.
 *
 * <p>Limits, in {@link io.ntk.tcp.http.inspect.InspectOptions}: 1 MiB of body, and of a reply; 10 s of waiting. Numbers
 * above are lowered to them, as httpbin does.
 *
 * @see <a href="https://httpbin.org">httpbin</a>
 */
@NullMarked
package io.ntk.tcp.http.inspect;

import org.jspecify.annotations.NullMarked;
