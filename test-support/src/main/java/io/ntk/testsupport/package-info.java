/** Support for the tests of all modules: leak check, bytes at every split, other programs. */
@NullMarked
package io.ntk.testsupport;

import org.jspecify.annotations.NullMarked;
