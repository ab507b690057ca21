package io.ntk.cli;

import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.tcp.http.HttpAccess;
import io.ntk.tcp.http.access.AccessEvent;
import io.ntk.tcp.http.access.AccessLogFormat;
import io.ntk.tcp.http.access.BasicAuth;
import io.ntk.tcp.http.access.CorsOptions;
import io.ntk.tcp.http.access.PasswordFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Who may use an HTTP server, from where, and who did. */
@Section("Access")
final class AccessMixin {
    private static final String REALM = "ntk";
    private static final int WORKERS = 2;
    private static final long IDLE_SECONDS = 10;
    private static final Set<String> FORMATS = Set.of("common", "combined", "json");

    @Option(
            names = "--log",
            paramLabel = "FORMAT",
            description = "A line for each request on standard error: common, combined or json.")
    @Nullable
    String log;

    @Option(
            names = "--auth-file",
            paramLabel = "FILE",
            description = "Ask for a name and a password: lines USER:HASH as made by 'htpasswd -nB USER'.")
    @Nullable
    Path authFile;

    @Option(names = "--allow-plain", description = "Passwords without TLS, even beyond loopback.")
    boolean allowPlain;

    @Option(
            names = "--cors",
            paramLabel = "ORIGIN",
            description = "Pages of this origin may use the server from a browser: https://app.example, or *."
                    + " Repeatable.")
    List<String> cors = new ArrayList<>();

    /** What the options say. Reads the password file. */
    HttpAccess options(ListenOptions where, Session session) throws IOException {
        boolean told = log != null || session.output().json();
        return new HttpAccess(told ? HttpAccess.Requests.TOLD : HttpAccess.Requests.UNTOLD, cors(), auth(where));
    }

    /** Who is told: the output, and of requests the log. */
    NetListener listener(Output output) {
        String name = log;
        if (name == null) {
            return output;
        }
        if (!FORMATS.contains(name)) {
            throw new IllegalArgumentException("--log: " + name + " (expected: common, combined or json)");
        }
        AccessLogFormat format = AccessLogFormat.valueOf(name.toUpperCase(Locale.ROOT));
        return event -> {
            if (event instanceof AccessEvent request) {
                output.always(format.line(request));
            }
            if (output.json() || !(event instanceof AccessEvent)) {
                output.on(event);
            }
        };
    }

    private @Nullable CorsOptions cors() {
        if (cors.isEmpty()) {
            return null;
        }
        if (!cors.contains("*")) {
            return new CorsOptions(new HashSet<>(cors));
        }
        if (cors.size() > 1) {
            throw new IllegalArgumentException("--cors: * and other origins exclude each other");
        }
        return CorsOptions.ANY;
    }

    private @Nullable BasicAuth auth(ListenOptions where) throws IOException {
        if (authFile == null) {
            return null;
        }
        PlainText.check(where, allowPlain, "passwords");
        return new BasicAuth(PasswordFile.read(authFile), REALM, workers());
    }

    /** Threads that are there while passwords come, and do not hold up the end of the program. */
    private static Executor workers() {
        var workers = new ThreadPoolExecutor(
                WORKERS, WORKERS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "ntk-password");
                    thread.setDaemon(true);
                    return thread;
                });
        workers.allowCoreThreadTimeOut(true);
        return workers;
    }
}
