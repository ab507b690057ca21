package io.ntk.cli;

import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/** The heading over the options of a mixin in the help of every command that has it. */
@Retention(RUNTIME)
@Target(TYPE)
@interface Section {
    String value();
}
