package io.ntk.core;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/**
 * Finds the word that was probably meant.
 *
 * <p>By the number of letters to put in, leave out, change, or swap with the next (optimal string alignment); picocli's
 * own measure finds nothing for {@code tpc}.
 */
public final class Nearest {
    private Nearest() {}

    /**
     * The nearest of the words, if it is less than half of a word away.
     *
     * @param word what was typed
     * @param words what could have been
     * @return the nearest, or nothing
     */
    public static Optional<String> to(String word, Collection<String> words) {
        return words.stream()
                .min(Comparator.comparingInt(each -> distance(word, each)))
                .filter(nearest -> distance(word, nearest) * 2 < Math.max(word.length(), nearest.length()));
    }

    static int distance(String a, String b) {
        int[][] table = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                table[i][j] = i == 0 || j == 0 ? i + j : step(a, b, table, i, j);
            }
        }
        return table[a.length()][b.length()];
    }

    private static int step(String a, String b, int[][] table, int i, int j) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(table[i - 1][j - 1] + change, Math.min(table[i - 1][j], table[i][j - 1]) + 1);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(least, table[i - 2][j - 2] + 1) : least;
    }
}
