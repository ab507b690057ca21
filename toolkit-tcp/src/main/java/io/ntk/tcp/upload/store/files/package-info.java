/**
 * A store of files in a folder: parts that grow, journals that outlive a crash, and files that appear whole or not at all.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.store.files.FileStore}, its threads and what all uploads share; a file that
 * comes in segments, {@code FileUpload} with its {@code SerialQueue}, {@code SegmentWriter} and {@code FileSegment}, the {@code
 * Part} that grows, its {@code EarlySync}, {@code Hasher} and {@code Crc32cSum}, and the {@code Publication} of it; files that
 * come whole, {@code SmallFiles} in batches, {@code SmallFile}, {@code SmallFileParts} and, after a crash, {@code
 * SmallFilesRecovery}.
 *
 * <p>Below it are {@code admission}, which says what may come, {@code log}, which remembers, and {@code folders}, which gives
 * names. Nothing here knows a channel; the wire is in {@code io.ntk.tcp.upload}.
 */
@NullMarked
package io.ntk.tcp.upload.store.files;

import org.jspecify.annotations.NullMarked;
