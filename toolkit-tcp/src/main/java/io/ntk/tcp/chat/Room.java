package io.ntk.tcp.chat;

import io.netty.util.concurrent.EventExecutor;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One room: puts what its members say into one order, and brings it to all of them.
 *
 * <p>It belongs to one event loop, where everything in it happens; members submit what they do from theirs.
 */
final class Room {
    /** In larger rooms who comes and goes is told once a second. */
    static final int LARGE = 100;

    /** Batches that one event loop may have before it. */
    static final int MAX_UNDER_WAY = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Room.class);
    private static final int MAX_NAMED = 500;

    /*
     * The way of a line: its member's loop submits it; the room's loop runs what was submitted, once for all that came in
     * one turn of the loop, and gathers the lines in a batch; a full batch, and the last, goes to each loop that has
     * members (a branch), by one task each; there each member gets it. A branch that has four batches before it, or an
     * observer that is full, blocks the room: what was submitted then waits, and its members' input is not read.
     */
    private final String name;
    private final ChatRooms rooms;
    private final EventExecutor loop;
    private final Queue<Runnable> submitted = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private volatile boolean blocked;

    /* On the room's loop. */
    private final Map<Member, String> members = new LinkedHashMap<>();
    private final Map<EventExecutor, Branch> branches = new HashMap<>();
    private final int[] membersByFormat = new int[ChatFormat.COUNT];
    private final Deque<ChatMessage> history = new ArrayDeque<>();
    private final @Nullable Batch[] encodedHistory = new Batch[membersByFormat.length];
    private @Nullable Batch batch;
    private long entries;
    private long seq;
    private boolean observerFull;
    private int joined;
    private int left;
    private int renamed;
    private boolean telling;

    /** The members of a room on one event loop. */
    static final class Branch {
        private final EventExecutor loop;
        private final AtomicInteger underWay = new AtomicInteger();
        /* On the branch's loop. */
        private final List<Member> members = new ArrayList<>();
        /* On the room's loop. */
        private int size;

        private Branch(EventExecutor loop) {
            this.loop = loop;
        }

        void add(Member member) {
            member.slot(members.size());
            members.add(member);
        }

        void remove(Member member) {
            int slot = member.slot();
            if (slot < 0) {
                return;
            }
            member.slot(-1);
            Member last = members.remove(members.size() - 1);
            if (last != member) {
                members.set(slot, last);
                last.slot(slot);
            }
        }
    }

    Room(String name, ChatRooms rooms, EventExecutor loop, long seq, List<ChatMessage> past) {
        this.name = name;
        this.rooms = rooms;
        this.loop = loop;
        this.seq = seq;
        past.forEach(this::remember);
    }

    String name() {
        return name;
    }

    /** The last number that was given; on the room's loop, or when nobody is in the room any more. */
    long seq() {
        return seq;
    }

    /** What was said last; as {@link #seq}. */
    List<ChatMessage> history() {
        return List.copyOf(history);
    }

    /** Whether members should not be read for now. */
    boolean isBlocked() {
        return blocked;
    }

    /** Runs something when the room is not blocked any more, at once when it is not. */
    void whenOpen(Runnable action) {
        waiting.add(action);
        if (!blocked) {
            release();
        }
    }

    /* ---- from any thread ---- */

    void say(Member member, String from, ChatMessage.Type type, String text) {
        submit(() -> record(member, from, type, text));
    }

    void notice(String text) {
        submit(() -> announce(text));
    }

    void rename(Member member, String from, String to) {
        submit(() -> {
            if (members.replace(member, to) != null) {
                renamed += members.size() > LARGE ? 1 : 0;
                record(member, from, ChatMessage.Type.NICK, to);
            }
        });
    }

    /** Lets a member in; {@link Member#entered} follows on its loop, before the first message that it gets. */
    void enter(Member member, String nick, ChatFormat format) {
        submit(() -> let(member, nick, format));
    }

    /** A member has gone, or is about to: {@code then} runs on its loop when it was sent everything up to here. */
    void leave(Member member, String words, ChatFormat format, @Nullable Runnable then) {
        submit(() -> {
            if (then != null) {
                flush();
            }
            remove(member, words, format);
            if (then != null) {
                on(member, then);
            }
        });
    }

    /** A member wants another format from here on: {@code then} runs on its loop. */
    void reformat(Member member, ChatFormat from, ChatFormat to, Runnable then) {
        submit(() -> {
            flush();
            membersByFormat[from.index()]--;
            membersByFormat[to.index()]++;
            on(member, then);
        });
    }

    /** Sends a member the last messages once more. */
    void recall(Member member, ChatFormat format, int count) {
        submit(() -> {
            flush();
            List<ChatMessage> all = new ArrayList<>(history);
            List<ChatMessage> wanted = all.subList(Math.max(0, all.size() - count), all.size());
            Batch again = Batch.ofHistory(name, wanted, format);
            if (!on(member, () -> {
                member.receive(again, 0);
                member.flush();
                again.release();
            })) {
                again.release();
            }
        });
    }

    /** Tells a member who is here. */
    void who(Member member) {
        submit(() -> {
            StringBuilder text = new StringBuilder(members.size() + " in " + name + ": ");
            text.append(
                    String.join(", ", members.values().stream().limit(MAX_NAMED).toList()));
            if (members.size() > MAX_NAMED) {
                text.append(" and ").append(members.size() - MAX_NAMED).append(" more");
            }
            on(member, () -> {
                member.reply(text.toString());
                member.flush();
            });
        });
    }

    private void submit(Runnable action) {
        submitted.add(action);
        if (scheduled.compareAndSet(false, true)) {
            schedule();
        }
    }

    private void schedule() {
        try {
            loop.execute(this::turn);
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: its event loop has ended", name);
        }
    }

    /* ---- on the room's loop ---- */

    private void turn() {
        scheduled.set(false);
        int before = batches;
        while (!mustWait()) {
            Runnable next = submitted.poll();
            if (next == null) {
                break;
            }
            next.run();
            if (batches > before + 1 && scheduled.compareAndSet(false, true)) {
                schedule(); // others on this loop have their turn, too
                break;
            }
        }
        flush();
    }

    private int batches;

    private boolean mustWait() {
        if (!overfull()) {
            return false;
        }
        blocked = true;
        if (overfull()) {
            return true;
        }
        unblock(); // it went on in between
        return false;
    }

    private boolean overfull() {
        if (observerFull) {
            return true;
        }
        for (Branch branch : branches.values()) {
            if (branch.underWay.get() >= MAX_UNDER_WAY) {
                return true;
            }
        }
        return false;
    }

    private void goOn() {
        if (blocked && !overfull()) {
            unblock();
            turn();
        }
    }

    private void unblock() {
        blocked = false;
        release();
    }

    private void release() {
        for (Runnable next = waiting.poll(); next != null; next = waiting.poll()) {
            try {
                next.run();
            } catch (RejectedExecutionException e) {
                LOG.debug("{}: an event loop has ended before its members left", name);
            }
        }
    }

    private void let(Member member, String nick, ChatFormat format) {
        Branch branch = branches.computeIfAbsent(member.loop(), Branch::new);
        branch.size++;
        members.put(member, nick);
        membersByFormat[format.index()]++;
        long since = entries;
        Batch past = encodedHistory(format).retain();
        int present = members.size();
        boolean entered = on(member, () -> {
            member.entered(this, branch, since, past, present);
            past.release();
        });
        joined += members.size() > LARGE ? 1 : 0;
        record(member, nick, ChatMessage.Type.JOIN, "");
        if (!entered) {
            past.release();
            remove(member, "", format);
        }
    }

    private void remove(Member member, String words, ChatFormat format) {
        String nick = members.get(member);
        if (nick == null) {
            return;
        }
        boolean large = members.size() > LARGE;
        members.remove(member);
        membersByFormat[format.index()]--;
        Branch branch = branches.get(member.loop());
        if (branch != null && --branch.size == 0) {
            branches.remove(member.loop());
        }
        left += large ? 1 : 0;
        record(member, nick, ChatMessage.Type.LEAVE, words, large);
        if (members.isEmpty()) {
            flush();
            forgetEncoded();
        }
        rooms.left(this);
    }

    private void record(Member member, String from, ChatMessage.Type type, String text) {
        record(member, from, type, text, members.size() > LARGE);
    }

    private void record(Member member, String from, ChatMessage.Type type, String text, boolean large) {
        seq++;
        ChatMessage message = new ChatMessage(Instant.now(), rooms.run(), seq, name, type, from, text);
        observe(member, message);
        boolean spoken = type == ChatMessage.Type.MESSAGE || type == ChatMessage.Type.ACTION;
        if (spoken) {
            remember(message);
        }
        if (spoken || !large) {
            gather(Batch.estimate(message)).add(message, member, membersByFormat);
            entries++;
        } else {
            tellLater();
        }
    }

    private void observe(Member member, ChatMessage message) {
        boolean more = rooms.observe(member, message);
        if (!more && !observerFull) {
            observerFull = true;
            rooms.observer()
                    .whenReady(() -> execute(() -> {
                        observerFull = false;
                        goOn();
                    }));
        }
    }

    private void remember(ChatMessage message) {
        int most = rooms.options().history();
        if (most == 0) {
            return;
        }
        history.add(message);
        if (history.size() > most) {
            history.remove();
        }
        forgetEncoded();
    }

    private Batch encodedHistory(ChatFormat format) {
        Batch known = encodedHistory[format.index()];
        if (known == null) {
            known = Batch.ofHistory(name, List.copyOf(history), format);
            encodedHistory[format.index()] = known;
        }
        return known;
    }

    private void forgetEncoded() {
        for (int i = 0; i < encodedHistory.length; i++) {
            Batch known = encodedHistory[i];
            if (known != null) {
                known.release();
                encodedHistory[i] = null;
            }
        }
    }

    private void announce(String text) {
        gather(512 + 6 * text.length()).addNotice(text, membersByFormat);
        entries++;
    }

    private void tellLater() {
        if (!telling) {
            telling = true;
            loop.schedule(
                    () -> {
                        telling = false;
                        List<String> parts = new ArrayList<>();
                        part(parts, joined, "joined");
                        part(parts, left, "left");
                        part(parts, renamed, "renamed");
                        joined = 0;
                        left = 0;
                        renamed = 0;
                        announce(String.join(", ", parts));
                        flush();
                    },
                    1,
                    TimeUnit.SECONDS);
        }
    }

    private static void part(List<String> parts, int count, String what) {
        if (count > 0) {
            parts.add(count + " " + what);
        }
    }

    /** The batch to add to; one that is full goes on its way before. */
    private Batch gather(int bytes) {
        if (batch != null && !batch.hasRoomFor(bytes)) {
            flush();
        }
        if (batch == null) {
            batch = new Batch(name, entries);
        }
        return batch;
    }

    private void flush() {
        Batch done = batch;
        if (done == null) {
            return;
        }
        batch = null;
        batches++;
        for (Branch branch : branches.values()) {
            send(done.retain(), branch);
        }
        done.release();
    }

    /* This is where a bus would take a batch to other machines. */
    private void send(Batch done, Branch branch) {
        branch.underWay.incrementAndGet();
        try {
            if (branch.loop == loop) {
                deliver(done, branch);
            } else {
                branch.loop.execute(() -> deliver(done, branch));
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: an event loop has ended before its members left", name);
            branch.underWay.decrementAndGet();
            done.release();
        }
    }

    /* On the branch's loop. Backwards, since a member that is cut removes itself. */
    private void deliver(Batch done, Branch branch) {
        try {
            for (int i = branch.members.size() - 1; i >= 0; i--) {
                Member member = branch.members.get(i);
                member.receive(done);
                member.flush();
            }
        } finally {
            done.release();
            branch.underWay.decrementAndGet();
            if (blocked) {
                execute(this::goOn);
            }
        }
    }

    /** Runs something on a member's loop; false when that has ended. */
    private boolean on(Member member, Runnable action) {
        try {
            if (member.loop() == loop) {
                action.run();
            } else {
                member.loop().execute(action);
            }
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: the event loop of {} has ended", name, member.peer());
            return false;
        }
    }

    private void execute(Runnable action) {
        try {
            loop.execute(action);
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: its event loop has ended", name);
        }
    }
}
