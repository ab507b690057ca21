/** Line and stream services over TCP. */
@NullMarked
package io.ntk.tcp.line;

import org.jspecify.annotations.NullMarked;
