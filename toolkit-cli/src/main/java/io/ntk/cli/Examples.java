package io.ntk.cli;

import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/** What the help and the man page of a command open with: a command line each, what it does behind a {@code #}. */
@Retention(RUNTIME)
@Target(TYPE)
@interface Examples {
    String[] value();
}
