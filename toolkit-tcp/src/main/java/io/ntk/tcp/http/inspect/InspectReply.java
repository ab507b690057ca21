package io.ntk.tcp.http.inspect;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.time.Duration;
import java.util.List;

/** What is to be answered, and when. */
sealed interface InspectReply {
    /** A reply whose length is known; its body is in memory of the heap. */
    record Whole(HttpResponseStatus status, HttpHeaders headers, ByteBuf body) implements InspectReply {}

    /** A reply that is held back. */
    record Later(Duration delay, InspectReply reply) implements InspectReply {}

    /** A reply in chunks, each sent by itself. */
    record Stream(HttpHeaders headers, List<byte[]> chunks) implements InspectReply {}

    /** Bytes one after the other, over a time. */
    record Drip(HttpResponseStatus status, int count, Duration each) implements InspectReply {}
}
