package io.ntk.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code tcp serve --reply} asks for.
 *
 * @param kind the service
 * @param argument what is behind the colon: a text, a file; empty for the kinds without one
 */
record ReplyKind(Kind kind, String argument) {
    /** The services. */
    enum Kind {
        ECHO,
        UPPER,
        DISCARD,
        FIXED,
        MENU,
        CONSOLE;

        /** Whether it deals in lines, or in bare bytes. */
        boolean hasLines() {
            return this != ECHO && this != DISCARD;
        }

        private boolean hasArgument() {
            return this == FIXED || this == MENU;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Reads the text of the option. */
    static final class Converter implements ITypeConverter<ReplyKind> {
        @Override
        public ReplyKind convert(String text) {
            int colon = text.indexOf(':');
            String name = colon < 0 ? text : text.substring(0, colon);
            String argument = text.substring(colon < 0 ? text.length() : colon + 1);
            for (Kind kind : Kind.values()) {
                boolean complete = kind.hasArgument() == colon >= 0;
                if (kind.toString().equals(name) && complete && !(kind == Kind.MENU && argument.isEmpty())) {
                    return new ReplyKind(kind, argument);
                }
            }
            throw new TypeConversionException(
                    "\"" + text + "\" (expected: echo, upper, discard, fixed:TEXT, menu:FILE, menu:sample or console)");
        }
    }
}
