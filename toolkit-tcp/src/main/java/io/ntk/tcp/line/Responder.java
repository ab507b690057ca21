package io.ntk.tcp.line;

import static java.util.Objects.requireNonNull;

import java.net.SocketAddress;
import java.util.Locale;

/**
 * A line service: a line in, a reply out. Made for lambdas: {@code (line, peer) -> Reply.line("you said " + line)}.
 *
 * <p>It is called for one line of a connection at a time, in order, and for many connections at once. On an event loop
 * it must not block; see {@link LineOptions#workers}. What it throws is logged, and the peer gets an error line without
 * details.
 */
@FunctionalInterface
public interface Responder {
    /**
     * Answers a line.
     *
     * @param line without its line end
     * @param peer who sent it
     * @return the answer
     */
    Reply reply(String line, SocketAddress peer);

    /**
     * Greets a peer that has connected.
     *
     * @param peer the peer
     * @return what it is sent, in one write; by default nothing
     */
    default Reply greet(SocketAddress peer) {
        return Reply.NONE;
    }

    /**
     * Answers bytes that are no line.
     *
     * @param reason why they are none, such as {@code not UTF-8}
     * @param peer who sent them
     * @return the answer; by default the line {@code error: REASON}, and the connection stays
     */
    default Reply rejected(String reason, SocketAddress peer) {
        return Reply.line("error: " + reason);
    }

    /**
     * Answers each line with the same in upper case, by the rules of Unicode that hold for no language in particular.
     *
     * @return the responder
     */
    static Responder upper() {
        return (line, peer) -> Reply.line(line.toUpperCase(Locale.ROOT));
    }

    /**
     * Answers each line with the same text.
     *
     * @param text without the last line end
     * @return the responder
     */
    static Responder fixed(String text) {
        Reply reply = Reply.line(text);
        return (line, peer) -> reply;
    }

    /**
     * Answers whatever comes first, and closes. With {@link Framing#CHUNK} the first bytes need not be a line or even
     * text.
     *
     * @param text without the last line end
     * @return the responder
     */
    static Responder once(String text) {
        Reply reply = Reply.last(text);
        return new Responder() {
            @Override
            public Reply reply(String line, SocketAddress peer) {
                return reply;
            }

            @Override
            public Reply rejected(String reason, SocketAddress peer) {
                return reply;
            }
        };
    }

    /**
     * Talks by a menu.
     *
     * @param menu what is said
     * @return the responder
     */
    static Responder menu(Menu menu) {
        requireNonNull(menu, "menu");
        return new Responder() {
            @Override
            public Reply reply(String line, SocketAddress peer) {
                return menu.answer(line);
            }

            @Override
            public Reply greet(SocketAddress peer) {
                return menu.welcome();
            }
        };
    }
}
