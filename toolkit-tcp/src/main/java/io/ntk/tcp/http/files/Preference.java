package io.ntk.tcp.http.files;

import java.util.List;
import java.util.Locale;

/**
 * What a client would rather have: the values of an {@code Accept} or {@code Accept-Encoding} field (RFC 9110, 12.5) with
 * their weights, in thousandths.
 *
 * @param items in the order of the field; a member that cannot be read is not among them
 */
record Preference(List<Item> items) {
    /** More members than this are not looked at. */
    private static final int MAX_ITEMS = 64;

    private static final int FULL = 1000;

    /** One member of the list. */
    record Item(String value, int weight) {}

    static Preference of(List<String> fields) {
        List<Item> items = new java.util.ArrayList<>();
        for (String field : fields) {
            for (String member : field.split(",", MAX_ITEMS + 1)) {
                int semicolon = member.indexOf(';');
                String value = (semicolon < 0 ? member : member.substring(0, semicolon))
                        .strip()
                        .toLowerCase(Locale.ROOT);
                int weight = semicolon < 0 ? FULL : weight(member.substring(semicolon + 1));
                if (!value.isEmpty() && weight >= 0 && items.size() < MAX_ITEMS) {
                    items.add(new Item(value, weight));
                }
            }
        }
        return new Preference(items);
    }

    /** The weight of a coding: its own, else that of the star, else 0. */
    int ofCoding(String coding) {
        int star = 0;
        for (Item item : items) {
            if (item.value.equals(coding) || (coding.equals("gzip") && item.value.equals("x-gzip"))) {
                return item.weight;
            }
            if (item.value.equals("*")) {
                star = item.weight;
            }
        }
        return star;
    }

    /** The weight of sending it as it is: allowed unless it is forbidden, and then the last choice. */
    int ofIdentity() {
        int star = 1;
        for (Item item : items) {
            if (item.value.equals("identity")) {
                return item.weight;
            }
            if (item.value.equals("*")) {
                star = Math.min(1, item.weight);
            }
        }
        return star;
    }

    /** The weight of a media type such as {@code text/html}, by the most specific member that takes it in. */
    int ofType(String type) {
        String group = type.substring(0, type.indexOf('/') + 1) + "*";
        int weight = 0;
        int best = 0;
        for (Item item : items) {
            int specific =
                    item.value.equals(type) ? 3 : item.value.equals(group) ? 2 : item.value.equals("*/*") ? 1 : 0;
            if (specific > best) {
                best = specific;
                weight = item.weight;
            }
        }
        return weight;
    }

    /** -1 for what is no weight. Other parameters are passed over. */
    private static int weight(String parameters) {
        for (String parameter : parameters.split(";", -1)) {
            String text = parameter.strip();
            if (text.regionMatches(true, 0, "q=", 0, 2)) {
                return thousandths(text.substring(2).strip());
            }
        }
        return FULL;
    }

    private static int thousandths(String number) {
        if (!number.matches("0(\\.\\d{0,3})?|1(\\.0{0,3})?")) {
            return -1;
        }
        int dot = number.indexOf('.');
        String fraction = dot < 0 ? "" : number.substring(dot + 1);
        return number.charAt(0) == '1' ? FULL : Integer.parseInt((fraction + "000").substring(0, 3));
    }
}
