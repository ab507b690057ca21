package io.ntk.cli;

import io.ntk.core.NetListener;
import io.ntk.udp.DatagramResponder;
import io.ntk.udp.measure.MeasureResponder;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code udp serve --reply} asks for.
 *
 * @param kind the service
 * @param argument the text of {@code fixed}; empty for the others
 */
record DatagramReply(Kind kind, String argument) {
    /** The services. */
    enum Kind {
        NONE,
        ECHO,
        UPPER,
        FIXED,
        MEASURE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What answers. A method, so that the model of the commands loads nothing of the library. */
    static DatagramResponder responder(DatagramReply reply, NetListener listener) {
        return switch (reply.kind()) {
            case NONE -> DatagramResponder.NONE;
            case ECHO -> DatagramResponder.ECHO;
            case UPPER -> DatagramResponder.upper();
            case FIXED -> DatagramResponder.fixed(reply.argument());
            case MEASURE -> new MeasureResponder(listener);
        };
    }

    /** Reads the text of the option. */
    static final class Converter implements ITypeConverter<DatagramReply> {
        @Override
        public DatagramReply convert(String text) {
            int colon = text.indexOf(':');
            String name = colon < 0 ? text : text.substring(0, colon);
            String argument = text.substring(colon < 0 ? text.length() : colon + 1);
            for (Kind kind : Kind.values()) {
                if (kind.toString().equals(name) && (kind == Kind.FIXED) == colon >= 0) {
                    return new DatagramReply(kind, argument);
                }
            }
            throw new TypeConversionException("\"" + text + "\" (expected: none, echo, upper, fixed:TEXT or measure)");
        }
    }
}
