package io.ntk.cli;

import io.ntk.core.Escaped;
import io.ntk.core.TrafficHandler;
import io.ntk.tcp.line.Reply;
import io.ntk.tcp.line.Responder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TransferQueue;

/**
 * Lets the operator answer: each line received is shown, and the next line of standard input is the reply. Blocks, and
 * is made for one worker.
 *
 * <p>A line of standard input is read when the one before it was used, so that the end of the input is met only when all
 * replies are given; the run then ends in good order.
 */
final class ConsoleResponder implements Responder {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private final Session session;
    private final TransferQueue<Optional<String>> replies = new LinkedTransferQueue<>();

    private ConsoleResponder(Session session) {
        this.session = session;
    }

    /** Starts to read standard input. */
    static ConsoleResponder start(Session session) {
        ConsoleResponder console = new ConsoleResponder(session);
        Thread reader = new Thread(console::readReplies, "ntk-console");
        reader.setDaemon(true);
        reader.start();
        return console;
    }

    @Override
    public Reply reply(String line, SocketAddress peer) {
        String name = TrafficHandler.name(peer);
        if (!session.output().json()) {
            session.output()
                    .data("[" + TIME.format(LocalTime.now(ZoneId.systemDefault())) + "] " + Escaped.text(name) + ": "
                            + Escaped.text(line));
        }
        boolean prompts = session.environment().terminals().contains(Standard.IN)
                && session.environment().terminals().contains(Standard.ERR);
        if (prompts) {
            session.output().prompt("reply> ");
        }
        return next();
    }

    private Reply next() {
        try {
            Optional<String> reply = replies.take();
            if (reply.isEmpty()) {
                replies.add(reply); // for whoever asks next
                return Reply.close();
            }
            return Reply.line(reply.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reply.close(); // the server is over
        }
    }

    private void readReplies() {
        var input =
                new BufferedReader(new InputStreamReader(session.environment().in(), StandardCharsets.UTF_8));
        try {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                replies.transfer(Optional.of(line));
            }
        } catch (IOException e) {
            session.output().error("cannot read standard input: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        replies.add(Optional.empty());
        session.stop().ask(ExitCode.DONE);
    }
}
