package io.ntk.tcp.upload.store;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules for names from the wire. A name that breaks one is refused and never changed; the reason says which. The rules
 * are those that make a name mean the same on every system: what one system would fold, cut off or read as a device is
 * refused on all.
 */
public final class UploadName {
    /** The longest component, in bytes of UTF-8. */
    public static final int MAX_COMPONENT_BYTES = 255;

    /** The longest name, in bytes of UTF-8. */
    public static final int MAX_BYTES = 4096;

    /** The most components. */
    public static final int MAX_DEPTH = 64;

    /** The store's own folder, below the one that files appear in; no name for others, in any case of its letters. */
    public static final String STORE = ".ntup";

    private static final Set<String> DEVICES = Set.of("con", "prn", "aux", "nul", "conin$", "conout$", "clock$");

    private UploadName() {}

    /**
     * Says what is wrong with a name.
     *
     * @param path components joined by {@code /}
     * @param hidden whether components may begin with a dot
     * @return why it is refused, in a few words, or null when it is not
     */
    public static @Nullable String refusal(String path, StoreOptions.Hidden hidden) {
        if (path.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            return "a name of more than " + MAX_BYTES + " bytes";
        }
        if (!Normalizer.isNormalized(path, Normalizer.Form.NFC)) {
            return "a name that is not in Unicode's form NFC";
        }
        List<String> components = List.of(path.split("/", -1));
        if (components.size() > MAX_DEPTH) {
            return "a name of more than " + MAX_DEPTH + " components";
        }
        for (String component : components) {
            String why = componentRefusal(component, hidden);
            if (why != null) {
                return why;
            }
        }
        return null;
    }

    /**
     * Takes a name apart.
     *
     * @param path components joined by {@code /}
     * @param hidden whether components may begin with a dot
     * @return at least one component
     * @throws UploadException with {@link UploadError#BAD_PATH} when a rule is broken
     */
    public static List<String> components(String path, StoreOptions.Hidden hidden) {
        String why = refusal(path, hidden);
        if (why != null) {
            throw new UploadException(UploadError.BAD_PATH, why);
        }
        return List.of(path.split("/", -1));
    }

    private static @Nullable String componentRefusal(String name, StoreOptions.Hidden hidden) {
        if (name.isEmpty()) {
            return "an empty component (or a / at an end)";
        }
        if (name.equals(".") || name.equals("..")) {
            return "the component " + name;
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_COMPONENT_BYTES) {
            return "a component of more than " + MAX_COMPONENT_BYTES + " bytes";
        }
        if (name.codePoints().anyMatch(UploadName::isRefused)) {
            return "a control or format character, \\ or :";
        }
        if (name.startsWith("~")) {
            return "a leading ~";
        }
        if (name.endsWith(".") || name.endsWith(" ")) {
            return "a dot or space at the end of a component";
        }
        if (fold(name).equals(STORE)) {
            return "the name of the store's own folder";
        }
        if (name.startsWith(".") && hidden == StoreOptions.Hidden.REFUSED) {
            return "a hidden name (the server was not told --hidden)";
        }
        return isDevice(name) ? "the name of a device on Windows" : null;
    }

    private static boolean isRefused(int c) {
        return c == '\\'
                || c == ':'
                || switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR -> true;
                    default -> false;
                };
    }

    /** A device, whatever ends it has: {@code nul.txt} is one. */
    private static boolean isDevice(String name) {
        int dot = name.indexOf('.');
        String stem = (dot < 0 ? name : name.substring(0, dot)).strip().toLowerCase(Locale.ROOT);
        if (DEVICES.contains(stem)) {
            return true;
        }
        boolean port = stem.startsWith("com") || stem.startsWith("lpt");
        return port && stem.length() == 4 && "0123456789¹²³".indexOf(stem.charAt(3)) >= 0;
    }

    /**
     * What is the same for two names that differ in case or normalisation alone, so that some systems take one for the other.
     *
     * @param name a component
     * @return to be compared only, with others that were folded
     */
    public static String fold(String name) {
        String composed = Normalizer.normalize(name, Normalizer.Form.NFC);
        return Normalizer.normalize(composed.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
    }
}
