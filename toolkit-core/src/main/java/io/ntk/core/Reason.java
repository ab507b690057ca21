package io.ntk.core;

import io.netty.channel.ConnectTimeoutException;
import java.io.FileNotFoundException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says in a few words why something failed: what people need of an exception, alike on every transport.
 *
 * <p>The transports word the same error of the kernel differently ({@code bind(..) failed with error(-98): Address
 * already in use}, {@code Address already in use: bind}); here only the kernel's words are kept.
 */
public final class Reason {
    private static final Pattern NATIVE = Pattern.compile(".*failed with error\\(-?\\d+\\): (.*)", Pattern.DOTALL);
    private static final Pattern ADDRESS_BEHIND = Pattern.compile("(.*?): (?:\\S*/.*|\\S*:\\d+)");
    private static final Pattern CLASS_NAMES = Pattern.compile("\\b(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error): ");

    private Reason() {}

    /**
     * Tells why.
     *
     * @param failure what was thrown
     * @return a few words without a full stop, starting in lower case, escaped for a terminal; never empty
     */
    public static String of(Throwable failure) {
        Throwable cause = failure;
        Throwable inner = cause.getCause();
        while (inner != null && onlyWraps(cause, inner)) {
            cause = inner;
            inner = cause.getCause();
        }
        return Escaped.text(text(cause));
    }

    private static boolean onlyWraps(Throwable cause, Throwable inner) {
        String message = cause.getMessage();
        return message == null || message.equals(inner.toString());
    }

    private static String text(Throwable cause) {
        String message = cause.getMessage();
        if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
            return "unknown host";
        }
        if (cause instanceof NoSuchFileException) {
            return "no such file: " + message;
        }
        if (cause instanceof AccessDeniedException) {
            return "permission denied: " + message;
        }
        if (cause instanceof ConnectTimeoutException) {
            return "no answer in time";
        }
        if (cause instanceof ClosedChannelException) {
            return "connection closed";
        }
        if (cause instanceof UnsupportedAddressTypeException) {
            return "address family not supported by protocol";
        }
        if (cause instanceof FileNotFoundException && message == null) { // a Unix socket, in Netty's words
            return "no such file or directory";
        }
        if (cause instanceof NoRouteToHostException && (message == null || message.startsWith("null"))) {
            return "no route to host"; // Netty's native transports throw it without words
        }
        if (message == null || message.isBlank()) {
            return cause.getClass().getSimpleName();
        }
        String words = kernelWords(cause, message.strip());
        return lowerFirst(CLASS_NAMES.matcher(words).replaceAll(""));
    }

    private static String kernelWords(Throwable cause, String message) {
        Matcher nativeError = NATIVE.matcher(message);
        if (nativeError.matches()) {
            String words = nativeError.group(1);
            return withoutAddress(words);
        }
        boolean ofSocket = cause instanceof SocketException;
        return ofSocket ? withoutAddress(message) : message;
    }

    /** Netty appends the remote address to the kernel's words; the caller names it already. */
    private static String withoutAddress(String words) {
        Matcher address = ADDRESS_BEHIND.matcher(words);
        return address.matches() ? address.group(1) : words;
    }

    private static String lowerFirst(@Nullable String text) {
        if (text == null || text.length() < 2 || Character.isUpperCase(text.charAt(1))) {
            return String.valueOf(text);
        }
        return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }
}
