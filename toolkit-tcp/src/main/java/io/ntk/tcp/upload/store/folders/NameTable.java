package io.ntk.tcp.upload.store.folders;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ntk.tcp.upload.store.UploadName;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The names of a folder, found by what is the same for names that collide. A large folder has hundreds of thousands of them,
 * so they are kept as bytes side by side. Not thread-safe.
 */
final class NameTable {
    /*
     * An open hash table: in the upper half of an entry the hash, in the lower half where the name begins, counted from 1; 0
     * for none. A name is its length, u16, and its UTF-8. The hash is keyed, or names could be chosen that all meet.
     */
    private static final int FIRST_ENTRIES = 16;
    private static final int FIRST_BYTES = 256;
    private static final int LENGTH_BYTES = 2;
    private static final long LOWER_HALF = 0xffff_ffffL;

    private final long secret = ThreadLocalRandom.current().nextLong();
    private long[] entries = new long[FIRST_ENTRIES];
    private byte[] text = new byte[FIRST_BYTES];
    private int used;
    private int size;

    int size() {
        return size;
    }

    /** Memory that this takes. */
    long bytes() {
        return (long) entries.length * Long.BYTES + text.length;
    }

    /** A name by what it is {@link UploadName#fold folded} to; null where there is none. */
    @Nullable
    String get(String folded) {
        return at(entries[slot(folded, hash(folded))]);
    }

    /** Puts a name in place of one that is folded to the same. */
    void put(String folded, String name) {
        int hash = hash(folded);
        int slot = slot(folded, hash);
        if (name.equals(at(entries[slot]))) {
            return;
        }
        byte[] utf8 = name.getBytes(UTF_8);
        int begin = used;
        if (text.length - used < LENGTH_BYTES + utf8.length) {
            text = Arrays.copyOf(text, Math.max(2 * text.length, used + LENGTH_BYTES + utf8.length));
        }
        text[used++] = (byte) (utf8.length >> Byte.SIZE);
        text[used++] = (byte) utf8.length;
        System.arraycopy(utf8, 0, text, used, utf8.length);
        used += utf8.length;
        boolean added = entries[slot] == 0;
        entries[slot] = ((long) hash << Integer.SIZE) | (begin + 1);
        if (added && ++size > entries.length / 2) {
            grow();
        }
    }

    private void grow() {
        long[] old = entries;
        entries = new long[2 * old.length];
        for (long entry : old) {
            if (entry != 0) {
                int slot = (int) (entry >>> Integer.SIZE) & (entries.length - 1);
                while (entries[slot] != 0) {
                    slot = (slot + 1) & (entries.length - 1);
                }
                entries[slot] = entry;
            }
        }
    }

    /** Where a name is, or would be. */
    private int slot(String folded, int hash) {
        int slot = hash & (entries.length - 1);
        while (entries[slot] != 0 && !isAt(entries[slot], folded, hash)) {
            slot = (slot + 1) & (entries.length - 1);
        }
        return slot;
    }

    private boolean isAt(long entry, String folded, int hash) {
        String name = (int) (entry >>> Integer.SIZE) == hash ? at(entry) : null;
        return name != null && UploadName.fold(name).equals(folded);
    }

    private @Nullable String at(long entry) {
        if (entry == 0) {
            return null;
        }
        int begin = (int) (entry & LOWER_HALF) - 1;
        int length = (text[begin] & 0xff) << Byte.SIZE | (text[begin + 1] & 0xff);
        return new String(text, begin + LENGTH_BYTES, length, UTF_8);
    }

    private int hash(String folded) {
        long hash = secret;
        for (int i = 0; i < folded.length(); i++) {
            hash = Long.rotateLeft((hash ^ folded.charAt(i)) * 0x9E37_79B9_7F4A_7C15L, 29);
        }
        return (int) ((hash * 0xbf58_476d_1ce4_e5b9L) >>> Integer.SIZE);
    }
}
