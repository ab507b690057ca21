/**
 * Support for the tests of all modules.
 *
 * <ul>
 *   <li>{@link io.ntk.testsupport.LeakCheck}: no buffer is left behind.
 *   <li>{@link io.ntk.testsupport.Splits}: a decoder's bytes, cut at every point.
 *   <li>{@link io.ntk.testsupport.Programs}: other programs, with a deadline.
 *   <li>{@link io.ntk.testsupport.Await}: a wait with a deadline.
 *   <li>{@link io.ntk.testsupport.Pauses}: how long the machine stood still.
 *   <li>{@link io.ntk.testsupport.Ports}: a port that nobody has.
 * </ul>
 */
@NullMarked
package io.ntk.testsupport;

import org.jspecify.annotations.NullMarked;
