package io.ntk.cli;

import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/** The examples of a command, one a line, with what it does behind a {@code #}: first in its help and in its man page. */
@Retention(RUNTIME)
@Target(TYPE)
@interface Examples {
    String[] value();
}
