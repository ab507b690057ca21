package io.ntk.cli;

import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.tcp.http.FixedReplies;
import io.ntk.tcp.http.FixedReply;
import io.ntk.tcp.http.HttpMode;
import io.ntk.tcp.http.HttpOptions;
import io.ntk.tcp.http.HttpServer;
import io.ntk.tcp.http.Route;
import io.ntk.tcp.http.files.FilesOptions;
import io.ntk.tcp.http.files.SharedFolder;
import io.ntk.tcp.http.inspect.InspectOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ntk http serve}: fixed replies, or the files of a folder. */
@Command(
        name = "serve",
        description = {
            "Serves HTTP/1.1 and HTTP/1.0, on 127.0.0.1:8080 unless --listen says otherwise.",
            "",
            "Every request gets the same reply, or with --route one by its method and path, as in"
                    + " --route 'GET /health=200,text/plain,ok'; a path without a route gets"
                    + " what --body or --body-file says, or 404. HEAD and OPTIONS are answered for everything.",
            "",
            "With --dir the files of a folder are served to GET and HEAD; a folder has its index.html, or a listing as"
                    + " HTML, JSON or text, whichever the client accepts. Symbolic links, special files and hidden names are"
                    + " not found. FILE.br, FILE.zst and FILE.gz beside a FILE are sent to clients that take them.",
            "",
            "With --inspect clients are shown what they sent.",
            "",
            "Requests that RFC 9112 does not allow, or that are too large or too slow, are answered with 4xx or 5xx, and"
                    + " their connections closed."
        })
@Examples({
    "ntk http serve                             # Hello, World",
    "ntk http serve --body pong --listen 8081   # one reply to every request",
    "ntk http serve --body {\"ok\":true} --type application/json",
    "ntk http serve --status 503 --header Retry-After:5",
    "ntk http serve --dir .                     # the files of this folder",
    "ntk http serve --dir dist --spa            # a single-page app",
    "ntk http serve --inspect                   # what the client sent, as JSON",
    "ntk http serve --self-signed --listen 8443 # https",
})
final class HttpServeCommand implements Verb {
    static final int DEFAULT_PORT = 8080;

    @Option(names = "--body", paramLabel = "TEXT", description = "The body of the reply (default: Hello, World).")
    @Nullable
    String body;

    @Option(
            names = "--body-file",
            paramLabel = "FILE",
            description = "The body from a file, at most 16 MiB, read once.")
    @Nullable
    Path bodyFile;

    @Range(min = 200, max = 599)
    @Option(names = "--status", paramLabel = "CODE", description = "The status of the reply (default: 200).")
    @Nullable
    Integer status;

    @Option(names = "--type", paramLabel = "TYPE", description = "The media type (default: text/plain; charset=utf-8).")
    @Nullable
    String type;

    @Option(names = "--header", paramLabel = "'NAME: VALUE'", description = "A header line of the reply. Repeatable.")
    List<String> headers = new ArrayList<>();

    @Option(
            names = "--route",
            paramLabel = "ROUTE",
            description = "METHOD /path=STATUS,TYPE,BODY; METHOD * is any. Repeatable.")
    List<String> routes = new ArrayList<>();

    @Option(
            names = "--inspect",
            description = "Answer with what the client sent, or as the path asks for: /anything, /headers, /ip,"
                    + " /status/CODE, /delay/S, /bytes/N, /stream/N, /drip, /redirect/N, /basic-auth/U/P, /etag/E, /gzip,"
                    + " /echo. / lists them.")
    boolean inspect;

    @Mixin
    FilesMixin files = new FilesMixin();

    @Mixin
    AccessMixin access = new AccessMixin();

    @Mixin
    HttpMixin http = new HttpMixin();

    @Mixin
    ListenMixin listen = new ListenMixin();

    @Mixin
    TlsMixin tls = new TlsMixin();

    @Mixin
    SocketMixin socket = new SocketMixin();

    @Mixin
    OutputMixin output = new OutputMixin();

    @Override
    public ExitCode run(Session session) throws IOException {
        ListenOptions where = listen.options(DEFAULT_PORT, tls.options(), socket.options());
        listen.warn(session.output());
        HttpOptions options =
                http.options(where).withAccess(access.options(where, session)).withMode(mode(session));
        NetListener listener = access.listener(session.output());
        return session.serve(List.of(() -> HttpServer.start(options, listener)));
    }

    private HttpMode mode(Session session) throws IOException {
        FilesOptions served = files.options(session);
        if (served != null) {
            refuseReplyOptions(session, "--dir");
            return HttpMode.files(SharedFolder.open(served));
        }
        if (inspect) {
            refuseReplyOptions(session, "--inspect");
            return HttpMode.inspect(InspectOptions.DEFAULTS);
        }
        FixedReply reply = reply();
        if (routes.isEmpty()) {
            return HttpMode.fixed(FixedReplies.of(reply));
        }
        boolean fallback = body != null || bodyFile != null || status != null;
        List<Route> parsed = routes.stream().map(Route::parse).toList();
        return HttpMode.fixed(FixedReplies.routes(parsed, fallback ? reply : null));
    }

    private static void refuseReplyOptions(Session session, String mode) {
        for (String option :
                List.of("--body", "--body-file", "--status", "--type", "--header", "--route", "--inspect")) {
            if (!option.equals(mode) && session.typed(option)) {
                throw new IllegalArgumentException(mode + " and " + option + " exclude each other");
            }
        }
    }

    private FixedReply reply() throws IOException {
        if (body != null && bodyFile != null) {
            throw new IllegalArgumentException("--body and --body-file exclude each other");
        }
        FixedReply reply = FixedReply.text(body == null ? "Hello, World" : body).withHeaders(parsedHeaders());
        if (bodyFile != null) {
            reply = reply.withBody(FixedReply.Body.of(InputFile.read(bodyFile, FixedReply.MAX_BODY_BYTES)));
        }
        if (status != null) {
            reply = reply.withStatus(status);
        }
        return type == null ? reply : reply.withType(type);
    }

    private Map<String, String> parsedHeaders() {
        Map<String, String> parsed = new LinkedHashMap<>();
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon <= 0) {
                throw new IllegalArgumentException("--header: \"" + header + "\" (expected: NAME: VALUE)");
            }
            String name = header.substring(0, colon);
            if (parsed.put(name, header.substring(colon + 1).strip()) != null) {
                throw new IllegalArgumentException("--header: " + name + " (expected: each name once)");
            }
        }
        return parsed;
    }
}
