package io.ntk.tcp.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a client reads, taken apart by the rules for a client. */
final class Replies {
    private Replies() {}

    /** The statuses of all replies, and {@code close} where the last one says that, such as {@code 100 200 close}. */
    static String summary(byte[] bytes, boolean forHead) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        List<String> words = new ArrayList<>();
        boolean close = false;
        int at = 0;
        while (at < text.length()) {
            int end = text.indexOf("\r\n\r\n", at);
            if (end < 0 || !text.startsWith("HTTP/1.1 ", at)) {
                return String.join(" ", words) + " then no reply: " + text.substring(at);
            }
            String head = text.substring(at, end + 2);
            int status = Integer.parseInt(head.substring(9, 12));
            close = head.contains("\r\nConnection: close\r\n") || head.contains("\r\nconnection: close\r\n");
            words.add((status >= 200 && !head.toLowerCase(Locale.ROOT).contains("\r\ndate: ") ? "undated " : "")
                    + status);
            at = end + 4 + (forHead || status < 200 || status == 204 ? 0 : length(head));
        }
        boolean expected = !words.isEmpty() && words.get(words.size() - 1).compareTo("400") >= 0;
        if (expected && !close) {
            words.add("open");
        }
        return String.join(" ", words) + (close && !expected ? " close" : "");
    }

    private static int length(String head) {
        String lower = head.toLowerCase(Locale.ROOT);
        int at = lower.indexOf("\r\ncontent-length: ");
        return at < 0
                ? 0
                : Integer.parseInt(
                        lower.substring(at + 18, lower.indexOf("\r\n", at + 2)).strip());
    }
}
