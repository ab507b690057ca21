/**
 * What may come, and what is given back when it ends: a refusal comes before the first byte, so that nothing is sent in vain.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.store.admission.Admission}, names and policies; {@link
 * io.ntk.tcp.upload.store.admission.Receipts}, what was done already; {@link io.ntk.tcp.upload.store.admission.Owners}, how many
 * are unfinished; {@link io.ntk.tcp.upload.store.admission.Space} and an upload's {@link
 * io.ntk.tcp.upload.store.admission.Reservation} of it; {@link io.ntk.tcp.upload.store.admission.Backlog}, what waits for the
 * disk, and {@link io.ntk.tcp.upload.store.admission.RefusedUpload}, an opening for which there was no room there.
 *
 * <p>It looks at folders and makes nothing in them. It must not know parts, journals or the queue of a key. Not exported.
 */
@NullMarked
package io.ntk.tcp.upload.store.admission;

import org.jspecify.annotations.NullMarked;
