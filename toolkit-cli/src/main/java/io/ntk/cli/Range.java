package io.ntk.cli;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/** The bounds of an option that is a whole number or an amount, both included; {@link Run} checks them. */
@Retention(RUNTIME)
@Target(FIELD)
@interface Range {
    int min();

    int max() default Integer.MAX_VALUE;
}
