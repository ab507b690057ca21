package io.ntk.tcp.chat;

import static java.util.Objects.requireNonNull;

import io.netty.util.concurrent.EventExecutorGroup;
import io.ntk.core.NetListener;
import io.ntk.core.Reason;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rooms of a chat and the names of its members, shared by any number of servers and pipelines. Thread-safe.
 *
 * <p>Each room belongs to one event loop of the group that it was made with; that group must live as long as any of the
 * servers that share the rooms.
 */
public final class ChatRooms {
    /** Where members begin. */
    public static final String LOBBY = "lobby";

    private static final Logger LOG = LoggerFactory.getLogger(ChatRooms.class);
    private static final int MAX_COUNTERS = 10_000;
    private static final Nick LOBBY_NICK = Nick.parse(LOBBY);
    private static final long WARNING_INTERVAL_NANOS = 1_000_000_000;

    private final RoomOptions options;
    private final EventExecutorGroup loops;
    private final ChatObserver observer;
    private final NetListener listener;
    private final ChatEvent.@Nullable Listener hearing;
    private final String run = HexFormat.of().toHexDigits(new SecureRandom().nextLong());
    private final Nicks nicks = new Nicks();
    private final LongAdder messages = new LongAdder();

    /* Guarded by this object. */
    private final Map<String, Open> open = new TreeMap<>();
    private final Map<String, Past> closed = new LinkedHashMap<>();
    /* No number up to here is given to a room that is not remembered: it may have been one of its own. */
    private long floor;

    private volatile long warnedAt = System.nanoTime() - WARNING_INTERVAL_NANOS;

    private static final class Open {
        private final Room room;
        private int members;

        private Open(Room room) {
            this.room = room;
        }
    }

    /** What is remembered of a room in which nobody is. */
    private record Past(long seq, List<ChatMessage> history) {}

    /**
     * A member, for the operator.
     *
     * @param nick its name
     * @param room where it is
     * @param peer its address
     * @param waiting bytes that wait for it behind its channel
     */
    public record Present(String nick, String room, String peer, int waiting) {}

    /**
     * A room, for the operator.
     *
     * @param name its name
     * @param members how many are in it
     */
    public record Occupied(String name, int members) {}

    /**
     * Makes rooms.
     *
     * @param options what they are like
     * @param loops the event loops that they belong to, left alone
     * @param observer who is told of every message
     * @param listener who is told what happens; a {@link ChatEvent.Listener} also of what is said
     */
    public ChatRooms(RoomOptions options, EventExecutorGroup loops, ChatObserver observer, NetListener listener) {
        this.options = requireNonNull(options, "options");
        this.loops = requireNonNull(loops, "loops");
        this.observer = requireNonNull(observer, "observer");
        this.listener = requireNonNull(listener, "listener");
        this.hearing = listener instanceof ChatEvent.Listener wanting ? wanting : null;
    }

    /**
     * Lets a room go on from what was said in it before; to be called before anybody comes in.
     *
     * @param room its name
     * @param seq its last number
     * @param history its last messages, the oldest first
     */
    public synchronized void restore(String room, long seq, List<ChatMessage> history) {
        List<ChatMessage> last = history.subList(Math.max(0, history.size() - options.history()), history.size());
        String key;
        try {
            key = Nick.parse(room).key();
        } catch (IllegalArgumentException e) {
            LOG.warn("a room of the past is left out: {}", e.getMessage());
            return;
        }
        closed.put(key, new Past(seq, List.copyOf(last)));
    }

    /**
     * Who is here.
     *
     * @return sorted by name; a moment's picture
     */
    public List<Present> who() {
        List<Present> present = new ArrayList<>();
        for (Member member : nicks.all()) {
            present.add(member.present());
        }
        present.sort(Comparator.comparing(Present::nick));
        return present;
    }

    /**
     * The rooms that have members.
     *
     * @return sorted by name
     */
    public synchronized List<Occupied> rooms() {
        return open.values().stream()
                .map(each -> new Occupied(each.room.name(), each.members))
                .sorted(Comparator.comparing(Occupied::name))
                .toList();
    }

    /**
     * How many members there are.
     *
     * @return a number that changes at any time
     */
    public int members() {
        return nicks.count();
    }

    /**
     * How many messages and actions there were since the start.
     *
     * @return not negative
     */
    public long messages() {
        return messages.sum();
    }

    /**
     * Tells whether anybody is in a room.
     *
     * @param room its name, as members may write it
     * @return false too for what can be no name
     */
    public boolean isOpen(String room) {
        String key = key(room);
        synchronized (this) {
            return key != null && open.containsKey(key);
        }
    }

    /**
     * Says something to a room as the operator.
     *
     * @param room its name, as members may write it, or null for every room
     * @param text what to say
     * @return whether there is such a room
     */
    public boolean say(@Nullable String room, String text) {
        String line = "operator: " + ChatText.visible(text);
        String key = room == null ? null : key(room);
        List<Room> to = new ArrayList<>();
        synchronized (this) {
            if (room == null) {
                open.values().forEach(each -> to.add(each.room));
            } else if (key != null) {
                Open there = open.get(key);
                if (there != null) {
                    to.add(there.room);
                }
            }
        }
        to.forEach(each -> each.notice(line));
        return room == null || !to.isEmpty();
    }

    private static @Nullable String key(String room) {
        try {
            return Nick.parse(room.startsWith("#") ? room.substring(1) : room).key();
        } catch (IllegalArgumentException e) {
            return null; // no room can have that name
        }
    }

    /**
     * Disconnects a member.
     *
     * @param nick its name
     * @param reason what it and the others are told, perhaps nothing
     * @return whether there is such a member
     */
    public boolean kick(String nick, String reason) {
        Member member;
        try {
            member = nicks.member(Nick.parse(nick));
        } catch (IllegalArgumentException e) {
            return false; // nobody can have that name
        }
        if (member == null) {
            return false;
        }
        member.loop().execute(() -> member.kicked(ChatText.visible(reason)));
        return true;
    }

    RoomOptions options() {
        return options;
    }

    String run() {
        return run;
    }

    Nicks nicks() {
        return nicks;
    }

    ChatObserver observer() {
        return observer;
    }

    /** A place in a room, made if need be; to be given back by {@link #left}. Null when there are too many rooms. */
    synchronized @Nullable Room reserve(Nick name) {
        Open there = open.get(name.key());
        if (there == null) {
            boolean lobby = name.key().equals(LOBBY_NICK.key());
            if (!lobby && open.size() - (open.containsKey(LOBBY_NICK.key()) ? 1 : 0) >= options.maxRooms() - 1) {
                return null;
            }
            Past past = closed.remove(name.key());
            Room room = past == null
                    ? new Room(name.name(), this, loops.next(), floor, List.of())
                    : new Room(name.name(), this, loops.next(), past.seq(), past.history());
            there = new Open(room);
            open.put(name.key(), there);
        }
        there.members++;
        return there.room;
    }

    Room lobby() {
        return requireNonNull(reserve(LOBBY_NICK), "the lobby is always open");
    }

    /** A place is given back: on the room's event loop, or for one that nobody entered. */
    synchronized void left(Room room) {
        String key = Nick.parse(room.name()).key();
        Open there = open.get(key);
        if (there == null || --there.members > 0) {
            return;
        }
        open.remove(key);
        closed.put(key, new Past(room.seq(), key.equals(LOBBY_NICK.key()) ? room.history() : List.of()));
        if (closed.size() > MAX_COUNTERS) {
            var oldest = closed.entrySet().iterator();
            floor = Math.max(floor, oldest.next().getValue().seq());
            oldest.remove();
        }
    }

    /** Tells who wants to know; false when the observer is full. */
    boolean observe(Member member, ChatMessage message) {
        switch (message.type()) {
            case JOIN -> tell(new ChatEvent.Join(member.peer(), message.from(), message.room()));
            case LEAVE -> tell(new ChatEvent.Leave(member.peer(), message.from(), message.room()));
            case NICK -> {}
            default -> messages.increment();
        }
        if (hearing != null && message.type() != ChatMessage.Type.JOIN && message.type() != ChatMessage.Type.LEAVE) {
            tell(new ChatEvent.Message(member.peer(), message));
        }
        try {
            return observer.said(message);
        } catch (RuntimeException e) {
            warn("an observer", e);
            return true;
        }
    }

    void tell(ChatEvent event) {
        try {
            listener.on(event);
        } catch (RuntimeException e) {
            warn("a listener", e);
        }
    }

    private void warn(String who, RuntimeException failure) {
        long now = System.nanoTime();
        if (now - warnedAt >= WARNING_INTERVAL_NANOS) {
            warnedAt = now;
            LOG.warn("{} failed: {}", who, Reason.of(failure), failure);
        }
    }
}
