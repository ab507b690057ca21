package io.ntk.cli;

import io.ntk.core.Cidr;
import io.ntk.core.Endpoint;
import io.ntk.core.Transport;
import io.ntk.tcp.chat.ChatFormat;
import io.ntk.tcp.chat.Flood;
import io.ntk.tcp.chat.RoomOptions;
import io.ntk.tcp.line.Framing;
import io.ntk.tcp.upload.store.Durability;
import io.ntk.tcp.upload.store.OnExists;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * From the texts of options to values. What is wrong with a value is said as {@code VALUE (expected: …)}; the option is
 * named in front of it by who calls.
 */
final class Converters {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)(ms|s|m|h)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,19})(|B|[kKMGT]i?B)");
    private static final Map<String, BigDecimal> NANOS = Map.of(
            "ms", new BigDecimal(1_000_000L),
            "s", new BigDecimal(1_000_000_000L),
            "m", new BigDecimal(60_000_000_000L),
            "h", new BigDecimal(3_600_000_000_000L));

    private Converters() {}

    /** Makes these the converters of every option of such a type. */
    static void register(CommandLine line) {
        line.registerConverter(Duration.class, Converters::duration);
        line.registerConverter(Endpoint.class, text -> ofLibrary(() -> Endpoint.parse(text)));
        line.registerConverter(Cidr.class, text -> ofLibrary(() -> Cidr.parse(text)));
        line.registerConverter(Shell.class, text -> choice(Shell.class, text));
        line.registerConverter(TcpConnectCommand.OnEof.class, text -> choice(TcpConnectCommand.OnEof.class, text));
        line.registerConverter(OnOff.class, text -> choice(OnOff.class, text));
        line.registerConverter(Integer.class, Converters::wholeNumber);
        line.registerConverter(int.class, Converters::wholeNumber);
        line.registerConverter(Boolean.class, Converters::truth);
        line.registerConverter(boolean.class, Converters::truth);
        line.registerConverter(Transport.class, text -> choice(Transport.class, text));
        line.registerConverter(ChatFormat.class, text -> choice(ChatFormat.class, text));
        line.registerConverter(RoomOptions.Slow.class, text -> choice(RoomOptions.Slow.class, text));
        line.registerConverter(Framing.class, text -> choice(Framing.class, text));
        line.registerConverter(OnExists.class, Converters::onExists);
        line.registerConverter(UploadSendCommand.Spoken.class, text -> choice(UploadSendCommand.Spoken.class, text));
        line.registerConverter(Durability.class, text -> choice(Durability.class, text));
        line.registerConverter(Color.class, text -> choice(Color.class, text));
    }

    /** A time: {@code 500ms}, {@code 30s}, {@code 1.5m}, {@code 1h}, or {@code 0}. */
    static Duration duration(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher parts = DURATION.matcher(text);
        if (!parts.matches()) {
            throw wrong(text, "a time such as 500ms, 30s, 2m or 1h");
        }
        BigDecimal unit = NANOS.getOrDefault(parts.group(2), BigDecimal.ONE);
        BigDecimal nanos = new BigDecimal(parts.group(1)).multiply(unit);
        if (nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw wrong(text, "at most 292 years");
        }
        return Duration.ofNanos(nanos.longValue());
    }

    /** A flag that is given a value, as in the environment. */
    static boolean truth(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(text, "true or false");
        };
    }

    /** A whole number of any sign. */
    static int wholeNumber(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw wrong(text, "a whole number");
        }
    }

    /** An amount of bytes: {@code 8192}, {@code 64KiB}, {@code 1MiB}, {@code 10MB}. */
    static final class Size implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return size(text, Long.MAX_VALUE);
        }
    }

    /** An amount of bytes that is kept in memory: at most 2 GiB - 1. */
    static final class SmallSize implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) size(text, Integer.MAX_VALUE);
        }
    }

    /** How fast a member of a chat may speak. */
    static final class FloodRate implements ITypeConverter<Flood> {
        @Override
        public Flood convert(String text) {
            return ofLibrary(() -> Flood.parse(text));
        }
    }

    /** The formats of a chat, by name: picocli would load the enum, and Netty with it. */
    static final class ChatFormatNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("plain", "json", "classic").iterator();
        }
    }

    /** The value of {@code --source}: {@code ADDRESS} or {@code ADDRESS:PORT}, IPv6 in brackets when a port follows. */
    static Endpoint.Inet source(String text) {
        boolean withPort = text.startsWith("[")
                ? text.contains("]:")
                : text.indexOf(':') == text.lastIndexOf(':') && text.contains(":");
        if (withPort) {
            if (Endpoint.parse(text) instanceof Endpoint.Inet inet) {
                return inet;
            }
            throw new IllegalArgumentException("--source: " + text + " (expected: ADDRESS or ADDRESS:PORT)");
        }
        boolean bracketed = text.startsWith("[") && text.endsWith("]");
        return new Endpoint.Inet(bracketed ? text.substring(1, text.length() - 1) : text, 0);
    }

    /** Bytes a second: {@code 10MiB/s}; the {@code /s} may be left out. */
    static final class Rate implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return size(
                    text.endsWith("/s") ? text.substring(0, text.length() - 2) : text, Long.MAX_VALUE / 1_000_000_000L);
        }
    }

    /** Permissions of a file, octal. */
    static final class Mode implements ITypeConverter<Integer> {
        private static final Pattern MODE = Pattern.compile("0?[0-7]{3}");

        @Override
        public Integer convert(String text) {
            if (!MODE.matcher(text).matches()) {
                throw wrong(text, "octal, 000 to 777");
            }
            return Integer.parseInt(text, 8);
        }
    }

    /** The values of an option of type {@link Transport}; without them picocli asks the enum, which loads Netty. */
    static final class TransportNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("auto", "nio", "epoll", "io_uring", "kqueue").iterator();
        }
    }

    private static long size(String text, long max) {
        Matcher parts = SIZE.matcher(text);
        if (!parts.matches()) {
            throw wrong(text, "a size such as 8192, 64KiB, 1MiB or 10MB");
        }
        String unit = parts.group(2);
        int power = unit.length() < 2
                ? 0
                : "KMGT".indexOf(unit.toUpperCase(Locale.ROOT).charAt(0)) + 1;
        BigDecimal bytes = new BigDecimal(parts.group(1))
                .multiply(BigDecimal.valueOf(unit.contains("i") ? 1024 : 1000).pow(power));
        if (bytes.compareTo(BigDecimal.valueOf(max)) > 0) {
            throw wrong(text, "at most " + max + " bytes");
        }
        return bytes.longValue();
    }

    /** One of the constants of an enum, in any case, with dashes or underscores. */
    static <E extends Enum<E>> E choice(Class<E> type, String text) {
        String name = text.toUpperCase(Locale.ROOT).replace('-', '_');
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equals(name)) {
                return constant;
            }
        }
        throw wrong(
                text,
                Arrays.stream(type.getEnumConstants())
                        .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", ")));
    }

    /** A policy that a server can have. */
    private static OnExists onExists(String text) {
        OnExists policy = choice(OnExists.class, text);
        if (policy == OnExists.SERVER) {
            throw wrong(text, "reject, overwrite, rename or skip-same");
        }
        return policy;
    }

    private interface Parser<T> {
        T parse();
    }

    /** The library says {@code name: value (expected: …)}; the option's name stands in for that one. */
    private static <T> T ofLibrary(Parser<T> parser) {
        try {
            return parser.parse();
        } catch (IllegalArgumentException e) {
            String text = String.valueOf(e.getMessage());
            throw new TypeConversionException(
                    text.substring(text.indexOf(": ") + 1).strip());
        }
    }

    private static TypeConversionException wrong(String text, String expected) {
        return new TypeConversionException("\"" + text + "\" (expected: " + expected + ")");
    }
}
