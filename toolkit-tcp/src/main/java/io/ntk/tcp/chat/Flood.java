package io.ntk.tcp.chat;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How fast one member may speak: a token bucket. Who is faster is slowed down, and loses nothing.
 *
 * @param perSecond lines a second, 1 to 1,000,000, or 0 for no limit
 * @param burst lines that may come at once, 1 to 1,000,000
 */
public record Flood(int perSecond, int burst) {
    /** Ten lines a second, twenty at once. */
    public static final Flood DEFAULT = new Flood(10, 20);

    /** No limit. */
    public static final Flood OFF = new Flood(0, 1);

    private static final int MAX = 1_000_000;
    private static final Pattern FORM = Pattern.compile("([0-9]{1,7})/s(?:,burst=([0-9]{1,7}))?");

    /** Checks the bounds. */
    public Flood {
        if (perSecond < 0 || perSecond > MAX) {
            throw new IllegalArgumentException("perSecond: " + perSecond + " (expected: 0 to " + MAX + ")");
        }
        if (burst < 1 || burst > MAX) {
            throw new IllegalArgumentException("burst: " + burst + " (expected: 1 to " + MAX + ")");
        }
    }

    /**
     * Reads the form {@code 10/s,burst=20}, {@code 10/s} (which has a burst of twice the rate) or {@code off}.
     *
     * @param text the form
     * @return the rate
     */
    public static Flood parse(String text) {
        if (text.toLowerCase(Locale.ROOT).equals("off")) {
            return OFF;
        }
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) == 0) {
            throw new IllegalArgumentException("flood: " + text + " (expected: N/s, N/s,burst=N or off)");
        }
        int rate = Integer.parseInt(matcher.group(1));
        return new Flood(rate, matcher.group(2) == null ? Math.min(MAX, 2 * rate) : Integer.parseInt(matcher.group(2)));
    }

    /** Nanoseconds until a token comes back. */
    long interval() {
        return perSecond == 0 ? 0 : 1_000_000_000L / perSecond;
    }

    @Override
    public String toString() {
        return perSecond == 0 ? "off" : perSecond + "/s,burst=" + burst;
    }
}
