package io.ntk.cli;

import io.netty.buffer.ByteBuf;
import io.ntk.core.Escaped;
import io.ntk.core.JsonWriter;
import io.ntk.core.Ndjson;
import io.ntk.core.TrafficHandler;
import io.ntk.udp.DatagramEvent;
import io.ntk.udp.DatagramReceiver;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Shows the answers that a client gets, and remembers what ICMP said. */
final class DatagramAnswers implements DatagramReceiver {
    private final Output out;
    private final DatagramView view;
    private final AtomicReference<@Nullable String> unreachable = new AtomicReference<>();
    private volatile boolean showsPeers;

    DatagramAnswers(Output out, DatagramView view) {
        this.out = out;
        this.view = view;
    }

    @Override
    public void received(ByteBuf payload, SocketAddress sender) {
        ByteBuffer copy = ByteBuffer.allocate(payload.readableBytes());
        payload.getBytes(payload.readerIndex(), copy);
        copy.flip();
        String peer = TrafficHandler.name(sender);
        if (out.json()) {
            JsonWriter event = Ndjson.start("udp", "received", Instant.now())
                    .field("peer", peer)
                    .field("bytes", copy.remaining());
            DatagramEvent.Received.describe(copy, event);
            out.offer(event.toString());
        } else if (view == DatagramView.LINE && !showsPeers) {
            out.offer(DatagramText.line(copy));
        } else {
            view.show(out, peer, copy, true);
        }
    }

    @Override
    public void unreachable(String why) {
        if (unreachable.getAndSet(why) == null) {
            out.detail(Escaped.text(why));
        }
    }

    /** Whether answers show whose they are; else there is one who can. */
    void showPeers(boolean shown) {
        showsPeers = shown;
    }

    /** What ICMP said last, or null. */
    @Nullable
    String unreachable() {
        return unreachable.get();
    }
}
