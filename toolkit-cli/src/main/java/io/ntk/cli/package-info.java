/** The command line {@code ntk}: one class for each verb, callers of the library with no protocol code of their own. */
@NullMarked
package io.ntk.cli;

import org.jspecify.annotations.NullMarked;
