/** What every protocol of ntk needs. */
@NullMarked
package io.ntk.core;

import org.jspecify.annotations.NullMarked;
