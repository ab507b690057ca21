package io.ntk.cli;

import io.ntk.core.ConnectFailedException;
import io.ntk.core.Escaped;
import io.ntk.core.Reason;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.AnnotatedElement;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** One run: from arguments to an exit code. */
final class Run {
    private final Environment environment;
    private final Stop stop;
    private Output output;

    Run(Environment environment, Stop stop) {
        this.environment = environment;
        this.stop = stop;
        this.output = new Output(environment, new OutputMixin(), stop::ask);
        stop.atEnd(() -> output.close());
    }

    int execute(String[] args) {
        ExitCode exit;
        try {
            exit = answered(args)
                    ? ExitCode.DONE
                    : execute(Commands.of(environment, args).parseArgs(args));
        } catch (ParameterException e) {
            exit = usage(UsageText.of(e), e.getCommandLine(), e);
        } catch (OutputLostException e) {
            exit = e.exit();
        } catch (IOException e) {
            exit = failed(text(e), e);
        }
        stop.close();
        output.close();
        ExitCode ending = stop.ending();
        return (ending == null ? exit : ending).code();
    }

    /** The version or a page of help, when nothing else was asked for: without the model of the commands. */
    private boolean answered(String[] args) throws IOException {
        String text =
                Version.asked(args) ? Version.line() : HelpPages.asked(args, Color.AUTO.on(Standard.OUT, environment));
        if (text == null) {
            return false;
        }
        output.text(text);
        return true;
    }

    private ExitCode execute(ParseResult parsed) {
        CommandSpec command = last(parsed).commandSpec();
        OutputMixin speech = speech(command);
        try {
            output = new Output(environment, speech, stop::ask);
            if (help(parsed, speech.color)) {
                return ExitCode.DONE;
            }
            if (command.userObject() instanceof Verb verb) {
                checkRanges(command);
                if (output.verbosity().atLeast(Verbosity.DETAILS)) {
                    Log.start(output);
                }
                return verb.run(new Session(environment, output, stop, last(parsed)));
            }
            return usage(
                    "'" + command.qualifiedName() + "' needs a command: "
                            + String.join(", ", command.subcommands().keySet()),
                    command.commandLine(),
                    null);
        } catch (ParameterException e) {
            return usage(UsageText.of(e), e.getCommandLine(), e);
        } catch (OutputLostException e) {
            return e.exit();
        } catch (IllegalArgumentException e) {
            return usage(text(e), command.commandLine(), e);
        } catch (ConnectFailedException e) {
            ExitCode exit = failed(text(e) + next(e.kind()), e);
            return e.kind() == ConnectFailedException.Kind.TIMED_OUT ? ExitCode.DEADLINE : exit;
        } catch (UncheckedIOException | IOException e) {
            return failed(text(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed("interrupted", e);
        } catch (RuntimeException e) {
            return failed("this is a fault of ntk: " + e + " (-vv shows where)", e);
        }
    }

    /** What to do about it, where that is clear. */
    private static String next(ConnectFailedException.Kind kind) {
        return switch (kind) {
            case NOT_TLS -> " (try without --tls)";
            case WANTS_TLS -> " (try --tls)";
            default -> "";
        };
    }

    /** Help or version, when that was asked for, or nothing at all. */
    private boolean help(ParseResult parsed, Color color) {
        CommandLine root = parsed.commandSpec().commandLine();
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintWriter(text);
        root.setOut(writer);
        root.setColorScheme(
                CommandLine.Help.defaultColorScheme(color.on(Standard.OUT, environment) ? Ansi.ON : Ansi.OFF));
        boolean asked = CommandLine.executeHelpRequest(parsed) != null;
        if (!asked && !parsed.hasSubcommand()) {
            root.usage(writer);
            asked = true;
        }
        if (asked) {
            writer.flush();
            output.text(text.toString());
        }
        return asked;
    }

    private static void checkRanges(CommandSpec command) {
        for (OptionSpec option : command.options()) {
            Range range =
                    option.userObject() instanceof AnnotatedElement field ? field.getAnnotation(Range.class) : null;
            if (range != null && option.getValue() instanceof Integer value && !within(value, range)) {
                String bounds = range.max() == Integer.MAX_VALUE
                        ? "at least " + range.min()
                        : range.min() + " to " + range.max();
                throw new ParameterException(
                        command.commandLine(),
                        "Invalid value for option '%s': %d (expected: %s)"
                                .formatted(option.longestName(), value, bounds),
                        option,
                        value.toString());
            }
        }
    }

    private static boolean within(int value, Range range) {
        return value >= range.min() && value <= range.max();
    }

    private static OutputMixin speech(CommandSpec command) {
        for (CommandSpec mixin : command.mixins().values()) {
            if (mixin.userObject() instanceof OutputMixin speech) {
                return speech;
            }
        }
        return new OutputMixin();
    }

    private static ParseResult last(ParseResult parsed) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        return last;
    }

    private ExitCode usage(String text, CommandLine command, @Nullable Exception cause) {
        output.error(text);
        output.always(UsageText.hint(command));
        trace(cause);
        return ExitCode.USAGE;
    }

    private ExitCode failed(String text, Exception cause) {
        output.error(text);
        trace(cause);
        return ExitCode.FAILED;
    }

    private static String text(Exception failure) {
        String message = failure.getMessage();
        return message == null ? Reason.of(failure) : message;
    }

    private void trace(@Nullable Exception cause) {
        if (!output.verbosity().atLeast(Verbosity.TRACES)) {
            return;
        }
        for (Throwable each = cause; each != null; each = each.getCause()) {
            output.always((each == cause ? "" : "caused by ") + Escaped.text(each.toString()));
            for (StackTraceElement frame : each.getStackTrace()) {
                output.always("    at " + frame);
            }
        }
    }
}
