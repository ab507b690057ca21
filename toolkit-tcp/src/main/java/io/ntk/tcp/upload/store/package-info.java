/**
 * Where uploads go, as those see it who bring them: {@link io.ntk.tcp.upload.store.UploadStore} is asked, {@link
 * io.ntk.tcp.upload.store.Upload} is one file that grows, and the rest are the values of both and of the protocol. The store
 * that puts files into a folder is {@link io.ntk.tcp.upload.store.files}.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.store.UploadStore}, {@link io.ntk.tcp.upload.store.Upload}; what is asked for,
 * {@link io.ntk.tcp.upload.store.UploadRequest} with its {@link io.ntk.tcp.upload.store.OnExists} and {@link
 * io.ntk.tcp.upload.store.Durability}, a name by {@link io.ntk.tcp.upload.store.UploadName}; the answers, {@link
 * io.ntk.tcp.upload.store.Receipt}, {@link io.ntk.tcp.upload.store.UploadException} and its {@link
 * io.ntk.tcp.upload.store.UploadError}; what a store takes, {@link io.ntk.tcp.upload.store.StoreOptions}; bytes that do not
 * change, {@link io.ntk.tcp.upload.store.Octets}.
 *
 * <p>Nothing here touches a disk, or knows a channel or any other package of ntk.
 */
@NullMarked
package io.ntk.tcp.upload.store;

import org.jspecify.annotations.NullMarked;
