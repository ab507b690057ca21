package io.ntk.tcp.http;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Raw requests, the clause that they are about, and what must be answered: statuses, and {@code close} where the last
 * reply says so. Behind a status of 400 and more the connection is closed too.
 */
final class RequestTable {
    /** One stream of a client, which ends behind it. */
    record Row(String clause, String expected, String why, String request) {
        byte[] bytes() {
            return request.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public String toString() {
            return "RFC " + clause + ": " + why;
        }
    }

    static final List<Row> ROWS = List.of(
            row("9112 3", "200", "a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "200", "HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "204", "OPTIONS of a path", "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2.4", "204", "asterisk form is for OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2.4", "400", "asterisk form with another method", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2.4", "400", "no form of a target", "OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 3.2.4",
                    "400",
                    "methods are case-sensitive, so this is not OPTIONS",
                    "options * HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2.3", "501", "no tunnels here", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2.3", "400", "authority form is for CONNECT", "GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2.2", "200", "absolute form must be accepted", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2.2", "200", "scheme and host know no case", "GET HTTP://A/x HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2.2", "200", "an absolute target without a path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 3.2.2",
                    "200",
                    "a query right behind the authority",
                    "GET http://a?q=1 HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9110 4.2.1",
                    "200",
                    "the default port is the same authority",
                    "GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9110 4.2.2", "200", "https is a scheme of ours", "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 3.2.2",
                    "400",
                    "authority and Host differ (deviation: refused)",
                    "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 3.2.2",
                    "400",
                    "another port is another authority",
                    "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9110 4.2.4", "400", "user information in a target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9110 4.2.1", "400", "an empty host", "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9110 4.2.1", "400", "no host at all", "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "a scheme that is none of ours", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "a relative path is no target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "a query alone is no target", "GET ?q HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "200", "two slashes are a path", "GET //a/b HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "a fragment is not sent", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "200", "query and percent-encoding", "GET /a?b=c&d=%20 HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "a tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "NUL in the target", "GET /a\000b HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "DEL in the target", "GET /a\177b HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "a byte beyond ASCII in the target", "GET /\374 HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "two spaces behind the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "two spaces behind the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a tab behind the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a tab behind the target", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a vertical tab in place of a space", "GET /\013HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a tab before the method", "\tGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a tab behind the version", "GET / HTTP/1.1\t\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a word behind the version", "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "HTTP/0.9 has no version", "GET /\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a method alone", "GET\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "no target", "GET \r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "an empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "no token as method", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "400", "a method beyond ASCII", "G\311T / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9110 9.1",
                    "200",
                    "a method is a token; the fixed reply is for all",
                    "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9110 9.1", "200", "another method than GET, and a token", "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "200", "a method of 32 characters", "M".repeat(32) + " / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 3", "501", "a method longer than any known", "M".repeat(33) + " / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9110 9.3.8", "405", "TRACE shows headers to scripts", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "the name of the protocol has its case", "GET / http/1.1\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "the name of the protocol has its case", "GET / Http/1.1\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "no minor version", "GET / HTTP/1\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "no dot", "GET / HTTP/11\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "two digits", "GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "no digit", "GET / HTTP/1.x\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "no slash", "GET / HTTP 1.1\r\nHost: a\r\n\r\n"),
            row("9112 2.3", "400", "another protocol", "GET / HTTPS/1.1\r\nHost: a\r\n\r\n"),
            row("9110 15.6.6", "505", "another major version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
            row("9110 15.6.6", "505", "another major version", "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
            row(
                    "9110 15.6.6",
                    "505",
                    "1.0 and 1.1 only (deviation: not taken as 1.1)",
                    "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
            row("9113 3.4", "505", "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            row("9112 2.2", "200", "an empty line before a request", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 2.2", "200", "two of them", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 2.2", "400", "three are no client", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 2.2", "400", "a bare LF before a request", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 2.2", "400", "a bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
            row("9112 2.2", "400", "a bare LF behind a header", "GET / HTTP/1.1\r\nHost: a\n\r\n"),
            row("9112 2.2", "400", "a bare LF behind the headers", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
            row("9112 2.2", "400", "a bare CR behind the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n"),
            row("9112 2.2", "400", "a bare CR in a header", "GET / HTTP/1.1\r\nHost: a\r\rX: b\r\n\r\n"),
            row("9112 2.2", "400", "two CR", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"),
            row("8446 5.1", "400", "a TLS hello", "\026\003\001\002\000\001\000\001\374"),
            row(
                    "9112 3",
                    "200",
                    "a request line of 8,192 bytes",
                    "GET /" + "x".repeat(8178) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 3",
                    "414",
                    "a request line of 8,193 bytes",
                    "GET /" + "x".repeat(8179) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("6585 5", "200", "100 header lines", "GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n".repeat(99) + "\r\n"),
            row("6585 5", "431", "101 header lines", "GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n".repeat(100) + "\r\n"),
            row(
                    "6585 5",
                    "200",
                    "16,384 bytes of header lines",
                    "GET / HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(16374) + "\r\n\r\n"),
            row(
                    "6585 5",
                    "431",
                    "16,385 bytes of header lines",
                    "GET / HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(16375) + "\r\n\r\n"),
            row("9112 5.1", "400", "a space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n"),
            row("9112 5.1", "400", "a tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX\t: y\r\n\r\n"),
            row("9112 5", "400", "no name", "GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n"),
            row("9112 5", "400", "no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
            row("9112 5", "400", "no token as name", "GET / HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n"),
            row("9112 5", "400", "a name beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\nX\374: z\r\n\r\n"),
            row("9112 5", "400", "NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\000: z\r\n\r\n"),
            row("9112 5.2", "400", "a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n"),
            row("9112 5.2", "400", "a line folded with a tab", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n"),
            row("9112 2.2", "400", "white space before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
            row("9110 5.5", "400", "NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: y\000z\r\n\r\n"),
            row("9110 5.5", "400", "a vertical tab in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: y\013z\r\n\r\n"),
            row("9110 5.5", "400", "DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: y\177\r\n\r\n"),
            row("9110 5.5", "400", "an escape sequence in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: y\033[2J\r\n\r\n"),
            row("9110 5.5", "200", "obs-text in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \344\r\n\r\n"),
            row("9110 5.5", "200", "an empty value", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n"),
            row("9110 5.5", "200", "no space behind the colon", "GET / HTTP/1.1\r\nHost: a\r\nX:y\r\n\r\n"),
            row("9110 5.5", "200", "white space around a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \t y \t \r\n\r\n"),
            row("9110 5.5", "200", "white space in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\tb c\r\n\r\n"),
            row("9112 3.2", "400", "1.1 without Host", "GET / HTTP/1.1\r\n\r\n"),
            row("9112 3.2", "400", "two Hosts, though the same", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "400", "two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n"),
            row("9112 3.2", "400", "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
            row("9112 3.2", "400", "a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
            row("9112 3.2", "400", "a space in Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
            row("9112 3.2", "400", "a URI in Host", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n"),
            row("9112 3.2", "400", "a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
            row("9112 3.2", "400", "user information in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
            row("9112 3.2", "200", "an empty port is a port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
            row("9112 3.2", "200", "a port", "GET / HTTP/1.1\r\nHost: a:80\r\n\r\n"),
            row("9112 3.2", "400", "no port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"),
            row("9112 3.2", "400", "no port has six digits", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"),
            row("9112 3.2", "400", "a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
            row("9112 3.2", "200", "IPv6", "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"),
            row("9112 3.2", "200", "IPv6 with a port", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
            row("9112 3.2", "400", "IPv6 without its end", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
            row("9112 3.2", "400", "no IPv6", "GET / HTTP/1.1\r\nHost: []\r\n\r\n"),
            row("9112 3.2", "400", "IPv6 without brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"),
            row("9112 3.2", "400", "a host beyond ASCII", "GET / HTTP/1.1\r\nHost: \374\r\n\r\n"),
            row("9112 3.2", "200", "names know no case", "GET / HTTP/1.1\r\nHOST: a\r\n\r\n"),
            row("9112 3.2", "200 close", "1.0 with Host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"),
            row("9112 3.2", "200 close", "1.0 without Host", "GET / HTTP/1.0\r\n\r\n"),
            row("9112 3.2", "400", "two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
            row("9112 9.3", "200 close", "close is obeyed", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
            row(
                    "9112 9.3",
                    "200 close",
                    "options know no case",
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n"),
            row(
                    "9112 9.3",
                    "200 close",
                    "close in a list",
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n"),
            row(
                    "9112 9.3",
                    "200",
                    "keep-alive is the default of 1.1",
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"),
            row(
                    "9112 9.3",
                    "200",
                    "keep-alive of 1.0 is kept",
                    "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"),
            row(
                    "9112 9.3.2",
                    "200 200 200",
                    "pipelined requests",
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 9.6",
                    "200 close",
                    "nothing is answered behind close",
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9110 7.8",
                    "200",
                    "an upgrade may be passed over",
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
            row("9110 10.1.1", "417", "an unknown expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n"),
            row("9110 10.1.1", "200 close", "1.0 knows no Expect", "GET / HTTP/1.0\r\nHost: a\r\nExpect: x\r\n\r\n"),
            row(
                    "9110 10.1.1",
                    "200",
                    "100 is not sent where there is no body",
                    "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"),
            row(
                    "9110 10.1.1",
                    "100 200",
                    "100 before the body",
                    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"),
            row(
                    "9110 10.1.1",
                    "100 200",
                    "expectations know no case",
                    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\nhi"),
            row(
                    "9110 10.1.1",
                    "413",
                    "a final status in place of 100",
                    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"),
            row(
                    "9112 6.2",
                    "200 200",
                    "a body, and a request behind it",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 6.2",
                    "200 200",
                    "an empty body",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 6.2",
                    "200 200",
                    "no length is no body",
                    "POST / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 6.2",
                    "200 200",
                    "GET may have a body",
                    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 6.2",
                    "200 200",
                    "a leading zero",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 05\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "twice, though the same (may be refused)",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "400",
                    "two lengths",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "400",
                    "a list of lengths (may be refused)",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "400",
                    "two lengths in a list",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\nhello"),
            row("9112 6.3", "400", "a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "400",
                    "a negative length",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello"),
            row("9112 6.3", "400", "a negative zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "400",
                    "a space in a number",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello"),
            row("9112 6.3", "400", "hexadecimal", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello"),
            row("9112 6.3", "400", "a fraction", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\nhello"),
            row("9112 6.3", "400", "an exponent", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5e0\r\n\r\nhello"),
            row("9112 6.3", "400", "no number", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\nhello"),
            row("9112 6.3", "400", "no number", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: a\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "400",
                    "a vertical tab behind a number",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\013\r\n\r\nhello"),
            row("9112 6.3", "400", "a parameter", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5;\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "400",
                    "no ASCII digit",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \u0665\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "400",
                    "a space before the colon hides a length",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello"),
            row(
                    "9112 6.3",
                    "413",
                    "one byte over the limit",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n"),
            row(
                    "9112 6.3",
                    "413",
                    "a number that no register holds",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
            row(
                    "9112 6.3",
                    "413",
                    "2^64 + 5",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\nhello"),
            row(
                    "9112 7.1",
                    "200 200",
                    "a chunk",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1",
                    "200 200",
                    "no chunk",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1",
                    "200 200",
                    "two chunks",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1",
                    "200 200",
                    "upper case",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1",
                    "200 200",
                    "lower case, and more zeros",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n000\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1",
                    "200 200",
                    "16 digits",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000005\r\nhello\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "17 digits",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000005\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "413",
                    "a size of 64 bits",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"),
            row(
                    "9112 7.1",
                    "413",
                    "one byte over the limit",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n"),
            row(
                    "9112 7.1",
                    "413",
                    "a size that is negative in 32 bits",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n80000005\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1.1",
                    "200 200",
                    "an extension",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1.1",
                    "200 200",
                    "extensions with values",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b;c=\"d;\\\"e\"\r\nhello\r\n0;x\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1.1",
                    "200 200",
                    "bad white space is to be read",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 ; a = b\r\nhello\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1.1",
                    "200 200",
                    "a chunk line of 256 bytes",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;" + "a".repeat(254)
                            + "\r\nhello\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1.1",
                    "400",
                    "a chunk line of 257 bytes",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;" + "a".repeat(255)
                            + "\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "an extension without a name",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "an extension without a value",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "LF in an extension",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "CR in an extension",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "quotes without an end",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "NUL in an extension",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;\000\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a space behind the size",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a space before the size",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a prefix",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a sign",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a negative size",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "no size",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "no digit",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\ng\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a bare LF behind the size",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a bare LF behind the data",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "data longer than its size",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "data shorter than its size",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell\r\n0\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "no end of the data",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "CR alone behind the data",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r0\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a list of sizes",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5,5\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1",
                    "400",
                    "a tab behind the size",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\t\r\nhello\r\n0\r\n\r\n"),
            row(
                    "9112 7.1.2",
                    "200 200",
                    "a trailer",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1.2",
                    "400",
                    "a folded trailer",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n z\r\n\r\n"),
            row(
                    "9112 7.1.2",
                    "400",
                    "a trailer without a colon",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX y\r\n\r\n"),
            row(
                    "9112 7.1.2",
                    "400",
                    "a bare LF behind a trailer",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n"),
            row(
                    "9112 7.1.2",
                    "400",
                    "a bare LF behind the trailers",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\n"),
            row(
                    "9110 6.5.1",
                    "400",
                    "a length in trailers",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n"),
            row(
                    "9110 6.5.1",
                    "400",
                    "a coding in trailers",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            row(
                    "9110 6.5.1",
                    "400",
                    "a Host in trailers",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n"),
            row(
                    "9112 7.1.2",
                    "200 200",
                    "100 trailers",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + "X: y\r\n".repeat(100)
                            + "\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 7.1.2",
                    "431",
                    "101 trailers",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + "X: y\r\n".repeat(101)
                            + "\r\n"),
            row(
                    "9112 6.1",
                    "200 200",
                    "codings know no case",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 6.1",
                    "200 200",
                    "white space around a coding",
                    "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding:\tchunked \r\n\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "CL.TE",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "TE.CL",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "TE.CL with nothing",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "TE.TE: chunked twice",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "chunked twice in a list",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "TE.TE: identity last",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "501",
                    "identity is no coding any more",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "501",
                    "a coding that is not known",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "chunked is not the last",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "chunked is not the last",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "another name",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "another name",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "a parameter",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "in quotes",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
            row("9112 6.3", "400", "no coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "no coding",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "an empty element at the end",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked,\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "a vertical tab behind",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\013\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.3",
                    "400",
                    "NUL within",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chun\000ked\r\n\r\n0\r\n\r\n"),
            row("9112 6.3", "400", "unknown", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "a space before the colon hides a coding",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "NUL hides a coding",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\000: chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "folding hides a coding",
                    "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "CR hides a coding",
                    "POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "LF hides a coding",
                    "POST / HTTP/1.1\r\nHost: a\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "400",
                    "1.0 knows no Transfer-Encoding",
                    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            row(
                    "9112 6.1",
                    "200 200",
                    "an underscore makes another header",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "6455",
                    "400",
                    "a draft with a body that nobody announced",
                    "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row(
                    "9112 6.3",
                    "200 200",
                    "what is behind a body is the next request, here of the method XGET",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nXGET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
            row("9112 8", "400", "the stream ends in the request line", "GET / HT"),
            row("9112 8", "400", "the stream ends in the head", "GET / HTTP/1.1\r\nHost: a\r\n"),
            row(
                    "9112 8",
                    "400",
                    "the stream ends in a body",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"),
            row(
                    "9112 8",
                    "400",
                    "the stream ends before the last chunk",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            row(
                    "9112 8",
                    "400",
                    "the stream ends in the trailers",
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
            row("9112 8", "", "a stream without a request", ""),
            row(
                    "9112 9.3",
                    "200 400",
                    "a violation behind a good request: both are answered",
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n"),
            row(
                    "9112 9.3",
                    "200 400",
                    "a bad chunk behind a good request: one 400",
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX"));

    private RequestTable() {}

    private static Row row(String clause, String expected, String why, String request) {
        return new Row(clause, expected, why, request);
    }
}
