/**
 * The command line {@code ntk}: one class for each verb, callers of the library with no protocol code of their own.
 *
 * <p>A run: {@link io.ntk.cli.Main} takes the descriptors, the variables and the signals; {@code Run} parses, makes the
 * {@code Output} and the {@code Session}, calls the verb and turns what it throws into an {@code ExitCode} and one line.
 *
 * <p>A new verb:
 * <ol>
 * <li>{@code final class NounVerbCommand implements Verb}, with {@code @Command(name, description)}, {@code @Examples} and
 *     {@code @Mixin OutputMixin output}; name it in the table of {@code Commands}.
 *     No Netty type in its fields and signatures: {@code --help} must load none.
 * <li>Options of one concern that several verbs have are a mixin: a class with {@code @Section(HEADING)}. Every option has
 *     its default from the environment ({@code EnvironmentDefaults}) without a word about it in the class; a default is
 *     named in the description. {@code Duration}, {@code Endpoint}, {@code Cidr} and whole numbers convert by type, other
 *     values by a class of {@code Converters}; {@code @Range} bounds a number. Repeatable options have
 *     {@code split = ","}. A {@code Transport} names its {@code completionCandidates}: picocli would load the enum, and
 *     Netty with it.
 * <li>{@code run(Session)} speaks through {@code session.output()} alone: {@code data}, {@code document} and
 *     {@code payload} to standard output; {@code notice}, {@code detail}, {@code warning} to people; events by handing the
 *     output to the library as its {@code NetListener}.
 * <li>It ends by returning an {@code ExitCode}, or by throwing: {@link java.lang.IllegalArgumentException} is wrong usage
 *     (2), {@link java.io.IOException} and {@link java.io.UncheckedIOException} are failures (1) whose message says what
 *     failed and why.
 * <li>Clients take their event loops from {@code session.loops(…)}; SIGINT and SIGTERM then end them and the process at
 *     once. Servers go through {@code session.serve(…)}, which drains them.
 * </ol>
 */
@NullMarked
package io.ntk.cli;

import org.jspecify.annotations.NullMarked;
