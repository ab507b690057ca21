package io.ntk.tcp.upload.store.log;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Where the last entries of small files are, in 22 to 43 bytes of memory for each. A key is known by 64 bits that nobody can
 * foresee: who looks one up compares what is at the place. Beyond a number the oldest log is forgotten. Thread-safe.
 */
final class ReceiptIndex {
    /** The most entries. */
    static final int MOST = 1_500_000;

    private static final int OFFSET_BITS = 27;
    private static final int FIRST_SLOTS = 1024;

    private final int most;
    private final long secret;
    private final long factor;
    private long[] prints = new long[FIRST_SLOTS];
    /* 0 where there is none; else the place and 1. */
    private long[] places = new long[FIRST_SLOTS];
    private int size;

    ReceiptIndex() {
        this(MOST);
    }

    ReceiptIndex(int most) {
        this.most = most;
        SecureRandom random = new SecureRandom();
        secret = random.nextLong();
        factor = random.nextLong() | 1;
    }

    /** An entry of a log. */
    record Place(long log, int offset) {}

    /** Notes where the entry of a key is, in place of what was noted. What is too far away to be noted is not. */
    synchronized void put(String id, long log, long offset) {
        if (offset >>> OFFSET_BITS != 0 || log >>> (Long.SIZE - 1 - OFFSET_BITS) != 0) {
            return;
        }
        if (size >= most) {
            long oldest = Arrays.stream(places)
                    .filter(place -> place != 0)
                    .map(ReceiptIndex::log)
                    .min()
                    .orElse(0);
            forget(number -> number <= oldest);
        }
        if (size >= prints.length / 4 * 3) {
            resize(prints.length * 2, place -> true);
        }
        put(print(id), ((log << OFFSET_BITS) | offset) + 1);
    }

    private void put(long print, long place) {
        int slot = slot(print);
        if (places[slot] == 0) {
            size++;
        }
        prints[slot] = print;
        places[slot] = place;
    }

    /** Where the entry of a key may be; null when there is none. */
    @Nullable
    synchronized Place find(String id) {
        long place = places[slot(print(id))];
        return place == 0 ? null : new Place(log(place), (int) (place - 1) & ((1 << OFFSET_BITS) - 1));
    }

    /** Forgets what is in some logs. */
    synchronized void forget(LongPredicate logs) {
        LongPredicate stays = place -> place != 0 && !logs.test(log(place));
        long left = Arrays.stream(places).filter(stays).count();
        int slots = prints.length;
        while (slots > FIRST_SLOTS && left < slots / 4) {
            slots /= 2;
        }
        resize(slots, stays);
    }

    synchronized int slots() {
        return prints.length;
    }

    synchronized int size() {
        return size;
    }

    private static long log(long place) {
        return (place - 1) >>> OFFSET_BITS;
    }

    private void resize(int slots, LongPredicate stays) {
        long[] oldPrints = prints;
        long[] oldPlaces = places;
        prints = new long[slots];
        places = new long[slots];
        size = 0;
        for (int i = 0; i < oldPlaces.length; i++) {
            if (oldPlaces[i] != 0 && stays.test(oldPlaces[i])) {
                put(oldPrints[i], oldPlaces[i]);
            }
        }
    }

    /** Of what has that print, or could have it. */
    private int slot(long print) {
        int slot = (int) print & (prints.length - 1);
        while (places[slot] != 0 && prints[slot] != print) {
            slot = (slot + 1) & (prints.length - 1);
        }
        return slot;
    }

    /* No digest: a start of the store makes them by the hundred thousand, before its code is compiled. */
    private long print(String id) {
        long print = secret;
        for (int i = 0; i < id.length(); i++) {
            print = (print ^ id.charAt(i)) * factor;
            print ^= print >>> 29;
        }
        return print;
    }
}
