/**
 * What a store writes down to find after a crash: a journal for each upload, and one log for many small files.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.store.log.Journal}, its {@link io.ntk.tcp.upload.store.log.JournalHeader}, and
 * {@link io.ntk.tcp.upload.store.log.JournalContent}, which is what can be read of it; {@link
 * io.ntk.tcp.upload.store.log.SmallFilesLog}, its {@link io.ntk.tcp.upload.store.log.SmallFileEntry}, and the {@code
 * ReceiptIndex} of what is in it; {@code ReceiptBytes}, which journals and that log have in them. {@code
 * docs/upload-protocol.md} has the order in which records and files reach the disk.
 *
 * <p>It writes and reads what it is told. It must not know parts, names or what a record means for them. Not exported.
 */
@NullMarked
package io.ntk.tcp.upload.store.log;

import org.jspecify.annotations.NullMarked;
