package io.ntk.udp.guard;

/** Spreads the entries of a table over its sets, in a way that no sender knows. */
final class Spread {
    /*
     * A secret multiplier alone is not enough: addresses that follow each other come in steps of it, and some multipliers
     * lead those steps into a few sets only. So the secret only begins what two rounds of fixed, well-tried mixing end
     * (the constants are those of David Stafford's thirteenth mixer).
     */
    private final long secret;
    private final int bits;

    /**
     * Makes a spread.
     *
     * @param secret what makes this one different from others
     * @param bits the logarithm of the number of sets, 1 to 31
     */
    Spread(long secret, int bits) {
        this.secret = secret;
        this.bits = bits;
    }

    /** The set of a key, from 0. */
    int set(long key) {
        long hash = key ^ secret;
        hash = (hash ^ (hash >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        hash = (hash ^ (hash >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return (int) ((hash ^ (hash >>> 31)) >>> (Long.SIZE - bits));
    }
}
