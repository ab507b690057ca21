/** Group chat. */
@NullMarked
package io.ntk.tcp.chat;

import org.jspecify.annotations.NullMarked;
