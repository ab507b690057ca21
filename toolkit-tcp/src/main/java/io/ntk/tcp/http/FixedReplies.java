package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which fixed reply answers which request: by method and path, else the fallback. HEAD gets what GET gets, without its
 * body; OPTIONS, where no route has it, the list of methods; another method on a known path 405, and an unknown path
 * without a fallback 404. Immutable; each event loop has prepared bytes of its own.
 */
public final class FixedReplies {
    private static final List<String> ANY = List.of(HttpViolation.METHODS.split(", "));
    private static final FixedReply NOT_FOUND = FixedReply.text("not found\n").withStatus(404);

    /* What one path says. */
    private record Methods(
            Map<String, Slot> byMethod, @Nullable Slot any, Slot options, Slot notAllowed) {
        Slot slot(String method) {
            Slot own = byMethod.get(method);
            if (own == null && method.equals("HEAD")) {
                own = byMethod.get("GET");
            }
            if (own == null && method.equals("OPTIONS")) {
                own = options;
            }
            return own != null ? own : any != null ? any : notAllowed;
        }
    }

    /* A reply, its body outside the heap, and its number in the bytes of a loop. */
    private record Slot(int number, FixedReply reply, ByteBuf body) {}

    private static final class Prepared {
        private long second = Long.MIN_VALUE;
        private @Nullable PreparedReply[] replies = new PreparedReply[0];
    }

    private final List<Slot> slots = new ArrayList<>();
    private final Map<String, Methods> paths = new HashMap<>();
    private final Methods elsewhere;
    private final FastThreadLocal<Prepared> prepared = new FastThreadLocal<>() {
        @Override
        protected Prepared initialValue() {
            return new Prepared();
        }
    };

    private FixedReplies(List<Route> routes, @Nullable FixedReply fallback) {
        this.elsewhere = methods(fallback == null ? Map.of() : Map.of("*", fallback), NOT_FOUND);
        Map<String, Map<String, FixedReply>> byPath = new LinkedHashMap<>();
        for (Route route : routes) {
            var methods = byPath.computeIfAbsent(route.path(), path -> new LinkedHashMap<>());
            if (methods.put(route.method(), route.reply()) != null) {
                throw new IllegalArgumentException(
                        "routes: " + route.method() + " " + route.path() + " (expected: each once)");
            }
        }
        byPath.forEach((path, methods) -> paths.put(path, methods(methods, null)));
    }

    /**
     * The same reply to every request.
     *
     * @param reply the reply
     * @return the replies
     */
    public static FixedReplies of(FixedReply reply) {
        return new FixedReplies(List.of(), requireNonNull(reply, "reply"));
    }

    /**
     * Replies by method and path.
     *
     * @param routes each method and path once
     * @param fallback for every other path, or null for 404
     * @return the replies
     */
    public static FixedReplies routes(List<Route> routes, @Nullable FixedReply fallback) {
        return new FixedReplies(routes, fallback);
    }

    private Methods methods(Map<String, FixedReply> replies, @Nullable FixedReply other) {
        Set<String> allowed = new LinkedHashSet<>(replies.containsKey("*") ? ANY : replies.keySet());
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        allowed.add("OPTIONS");
        Map<String, String> allow = Map.of("Allow", String.join(", ", allowed));
        Slot options = slot(FixedReply.text("").withStatus(204).withHeaders(allow));
        FixedReply notAllowed =
                FixedReply.text("method not allowed\n").withStatus(405).withHeaders(allow);
        Map<String, Slot> byMethod = new HashMap<>();
        replies.forEach((method, reply) -> byMethod.put(method, slot(reply)));
        Slot any = byMethod.remove("*");
        return new Methods(byMethod, any, options, slot(other == null ? notAllowed : other));
    }

    private Slot slot(FixedReply reply) {
        Slot slot = new Slot(slots.size(), reply, PreparedReply.direct(reply));
        slots.add(slot);
        return slot;
    }

    /** Looks at the clock; the event loop's. */
    PreparedReply reply(String method, String target, long second) {
        Slot slot = (paths.isEmpty() ? elsewhere : at(target)).slot(method);
        Prepared mine = prepared.get();
        if (mine.second != second) {
            mine.second = second;
            mine.replies = new PreparedReply[slots.size()];
        }
        PreparedReply known = mine.replies[slot.number()];
        if (known == null) {
            known = new PreparedReply(slot.reply(), slot.body(), HttpDate.now());
            mine.replies[slot.number()] = known;
        }
        return known;
    }

    private Methods at(String target) {
        Methods methods = paths.get(path(target));
        return methods == null ? elsewhere : methods;
    }

    /** Of an absolute target the path too. */
    private static String path(String target) {
        int from = 0;
        if (!target.startsWith("/") && target.contains("://")) {
            int authority = target.indexOf("://") + 3;
            from = target.indexOf('/', authority);
            int query = target.indexOf('?', authority);
            if (from < 0 || (query >= 0 && query < from)) {
                return "/";
            }
        }
        int query = target.indexOf('?', from);
        return query < 0 ? target.substring(from) : target.substring(from, query);
    }
}
