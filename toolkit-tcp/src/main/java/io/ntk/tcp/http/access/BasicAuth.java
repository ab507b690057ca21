package io.ntk.tcp.http.access;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Checks passwords off the event loops, for any number of channels, and remembers for a while which were good. What is
 * remembered is a keyed hash, and the key is never kept longer than the process. Thread-safe.
 */
public final class BasicAuth {
    /** The most passwords that wait to be checked. */
    public static final int MAX_WAITING = 64;

    private static final int MAX_REMEMBERED = 1024;
    private static final long REMEMBERED_NANOS = Duration.ofMinutes(5).toNanos();

    private final PasswordFile users;
    private final String realm;
    private final Executor workers;
    private final Semaphore places = new Semaphore(MAX_WAITING);
    private final SecretKeySpec key = new SecretKeySpec(randomBytes(), "HmacSHA256");
    private final Map<ByteBuffer, Long> remembered = new LinkedHashMap<>();

    /**
     * Takes the users.
     *
     * @param users whose passwords are good
     * @param realm what the client is told that it is asked for; without quotes
     * @param workers where passwords are checked, which takes a tenth of a second each; not to be an event loop
     */
    public BasicAuth(PasswordFile users, String realm, Executor workers) {
        this.users = requireNonNull(users, "users");
        this.realm = requireNonNull(realm, "realm");
        this.workers = requireNonNull(workers, "workers");
        if (!realm.chars().allMatch(c -> c >= ' ' && c < 0x7f && c != '"' && c != '\\')) {
            throw new IllegalArgumentException("realm: " + realm + " (expected: printable ASCII without quotes)");
        }
    }

    /** What the client is told that it is asked for. */
    String realm() {
        return realm;
    }

    /** Whether the password was found good not long ago. */
    boolean isRemembered(String user, String password) {
        ByteBuffer hash = hash(user, password);
        synchronized (remembered) {
            Long since = remembered.get(hash);
            return since != null && System.nanoTime() - since < REMEMBERED_NANOS;
        }
    }

    /** Checks a password; fails with a {@link RejectedExecutionException} when too many wait. */
    CompletableFuture<Boolean> check(String user, String password) {
        if (!places.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    new RejectedExecutionException(MAX_WAITING + " passwords wait to be checked"));
        }
        try {
            return CompletableFuture.supplyAsync(() -> matches(user, password), workers)
                    .whenComplete((good, failure) -> places.release());
        } catch (RejectedExecutionException e) {
            places.release();
            return CompletableFuture.failedFuture(e);
        }
    }

    private boolean matches(String user, String password) {
        boolean good = users.matches(user, password);
        if (good) {
            ByteBuffer hash = hash(user, password);
            synchronized (remembered) {
                remembered.remove(hash); // so that it becomes the youngest
                remembered.put(hash, System.nanoTime());
                if (remembered.size() > MAX_REMEMBERED) {
                    var eldest = remembered.keySet().iterator();
                    eldest.next();
                    eldest.remove();
                }
            }
        }
        return good;
    }

    private ByteBuffer hash(String user, String password) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return ByteBuffer.wrap(mac.doFinal((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private static byte[] randomBytes() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
