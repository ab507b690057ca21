/**
 * Sending files, as those see it who have them: what is sent, how, and what becomes of it. NTUP/1 is spoken by {@code
 * UploadClient} in {@link io.ntk.tcp.upload.client.run}; the simple protocol of tutorials by {@link
 * io.ntk.tcp.upload.client.SimpleUpload}.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.client.SendItem}, one thing to send, and {@link
 * io.ntk.tcp.upload.client.SendPlan}, the list of them for files and folders; {@link
 * io.ntk.tcp.upload.client.SendOptions}; {@link io.ntk.tcp.upload.client.SendObserver}, who is told meanwhile; {@link
 * io.ntk.tcp.upload.client.SendReport}, how it ended; {@link io.ntk.tcp.upload.client.SimpleUpload}.
 *
 * <p>NTUP/1 is built on these values: {@code source} is what is read, {@code link} the way to the receiver, and {@code run}
 * decides. Nothing here knows of them.
 */
@NullMarked
package io.ntk.tcp.upload.client;

import org.jspecify.annotations.NullMarked;
