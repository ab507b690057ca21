/**
 * A store of files in a folder: parts that grow, journals that outlive a crash, and files that appear whole or not at all.
 * Nothing here knows a channel; the wire is in {@code io.ntk.tcp.upload}.
 */
@NullMarked
package io.ntk.tcp.upload.store.files;

import org.jspecify.annotations.NullMarked;
