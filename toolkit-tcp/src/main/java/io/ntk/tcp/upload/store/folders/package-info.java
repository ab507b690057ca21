/**
 * The way to folders and the names in them, following no link: a file is received beside the folders that it belongs to, and
 * gets its name there when it is whole.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.store.folders.StoreFolder}, the root that a store holds and {@code .ntup} below
 * it; {@link io.ntk.tcp.upload.store.folders.Folder}, one that is held open; {@link
 * io.ntk.tcp.upload.store.folders.FolderWalk}, the way to it, one component at a time; {@code FolderNames} and {@code NameTable},
 * which names there are; {@link io.ntk.tcp.upload.store.folders.Publisher}, which gives a part its name; {@link
 * io.ntk.tcp.upload.store.folders.Disk}, told of every change, and {@link
 * io.ntk.tcp.upload.store.folders.SyncFailedException}.
 *
 * <p>It knows the contract's names and errors. It must not know what a part has of its bytes, what a journal says of it, or who
 * is allowed to send it. Not exported.
 */
@NullMarked
package io.ntk.tcp.upload.store.folders;

import org.jspecify.annotations.NullMarked;
