package io.ntk.tcp.chat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Who has which name. A name that was given up is held for whoever had it, for a time. Thread-safe. */
final class Nicks {
    /** How long a name is held. */
    static final Duration HOLD = Duration.ofSeconds(30);

    private static final int MAX_HELD = 100_000;
    /* Notices of the operator's begin with it; nobody is to pass for the operator. */
    private static final Nick OPERATOR = Nick.parse("operator");

    private record Hold(String key, String identity, long until) {}

    private final Map<String, Member> taken = new HashMap<>();
    private final Map<String, Hold> held = new HashMap<>();
    private final Queue<Hold> order = new ArrayDeque<>();
    private long guests;

    /** Gives a newcomer a name that nobody has. */
    synchronized Nick guest(Member member) {
        while (true) {
            guests++;
            Nick nick = Nick.parse("guest-" + guests);
            if (!taken.containsKey(nick.key()) && !held.containsKey(nick.key())) {
                taken.put(nick.key(), member);
                return nick;
            }
        }
    }

    /**
     * Takes a name in place of another.
     *
     * @return null when it is done, else why not
     */
    synchronized @Nullable String change(Member member, Nick from, Nick to, long now) {
        expire(now);
        if (to.key().equals(OPERATOR.key())) {
            return "the name " + to.name() + " is for the operator of this chat";
        }
        Member owner = taken.get(to.key());
        if (owner != null && owner != member) {
            return "the name " + to.name() + " is taken, or looks like one that is";
        }
        Hold hold = held.get(to.key());
        if (hold != null && !hold.identity().equals(member.identity())) {
            return "the name " + to.name() + " is held for whoever had it, for "
                    + Math.max(1, Duration.ofNanos(hold.until() - now).toSeconds()) + " s";
        }
        held.remove(to.key());
        if (!from.key().equals(to.key())) {
            free(member, from, now);
        }
        taken.put(to.key(), member);
        return null;
    }

    /** Gives a name up. */
    synchronized void free(Member member, Nick nick, long now) {
        if (!taken.remove(nick.key(), member)) {
            return;
        }
        expire(now);
        if (!nick.name().startsWith("guest-") && order.size() < MAX_HELD) {
            Hold hold = new Hold(nick.key(), member.identity(), now + HOLD.toNanos());
            held.put(nick.key(), hold);
            order.add(hold);
        }
    }

    synchronized @Nullable Member member(Nick nick) {
        return taken.get(nick.key());
    }

    /** Everybody, in no order. */
    synchronized List<Member> all() {
        return List.copyOf(taken.values());
    }

    synchronized int count() {
        return taken.size();
    }

    private void expire(long now) {
        for (Hold hold = order.peek(); hold != null && now - hold.until() >= 0; hold = order.peek()) {
            order.remove();
            held.remove(hold.key(), hold);
        }
    }
}
