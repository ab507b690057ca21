package io.ntk.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.ntk.core.Escaped;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.slf4j.LoggerFactory;

/** The log on standard error: DEBUG for our own packages, INFO for others; stack traces with {@code -vv}. */
final class Log extends AppenderBase<ILoggingEvent> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

    private final Output output;

    private Log(Output output) {
        this.output = output;
    }

    /** Starts the log of this process, if the output is verbose. */
    static void start(Output output) {
        if (!output.verbosity().atLeast(Verbosity.DETAILS)) {
            return;
        }
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            Log log = new Log(output);
            log.setContext(context);
            log.start();
            var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
            root.detachAndStopAllAppenders();
            root.addAppender(log);
            root.setLevel(Level.INFO);
            context.getLogger("io.ntk").setLevel(Level.DEBUG);
        }
    }

    @Override
    protected void append(ILoggingEvent event) {
        String name = event.getLoggerName();
        output.always("%s %-5s %s %s"
                .formatted(
                        TIME.format(Instant.ofEpochMilli(event.getTimeStamp())),
                        event.getLevel(),
                        name.substring(name.lastIndexOf('.') + 1),
                        Escaped.text(event.getFormattedMessage())));
        if (event.getThrowableProxy() != null && output.verbosity().atLeast(Verbosity.TRACES)) {
            ThrowableProxyUtil.asString(event.getThrowableProxy())
                    .lines()
                    .map(Log::traceLine)
                    .forEach(output::always);
        }
    }

    private static String traceLine(String line) {
        return "    " + Escaped.text(line.strip());
    }
}
