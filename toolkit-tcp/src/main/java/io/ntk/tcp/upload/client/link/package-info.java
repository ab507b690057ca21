/**
 * The way to the receiver: a connection that is made again when it is lost, and what is waited for on this side of it.
 *
 * <p>In reading order: {@link io.ntk.tcp.upload.client.link.Link}, one connection at a time with its credit and streams; {@code
 * ClientConnection}, which greets and proves, and {@code HearingHandler} before it, which hears what a stranger speaks; {@link
 * io.ntk.tcp.upload.client.link.Breakdown}, why it stopped and what can help; {@link
 * io.ntk.tcp.upload.client.link.Backoff}, how long to wait then; {@link io.ntk.tcp.upload.client.link.Pacer}, how fast to send;
 * {@link io.ntk.tcp.upload.client.link.Mailbox}, the way back from other threads to the one that sends.
 *
 * <p>Pipeline behind proxy and TLS: {@code HearingHandler}, {@link io.ntk.tcp.upload.UploadFrameDecoder}, {@link
 * io.ntk.tcp.upload.UploadFrameEncoder}, {@code ClientConnection}.
 *
 * <p>Limits: the handshake takes at most 10 s; frames of the receiver are at most 256 KiB, and reading stops while 1,024 are not
 * yet looked at; 64 signs of life wait for their turn; a pause is at most 30 s, or the hour that a receiver may ask for.
 *
 * <p>It carries frames and pieces of {@code source}. It must not know items, or what a frame means for one. Not exported.
 */
@NullMarked
package io.ntk.tcp.upload.client.link;

import org.jspecify.annotations.NullMarked;
