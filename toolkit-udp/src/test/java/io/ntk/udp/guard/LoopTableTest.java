package io.ntk.udp.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopTableTest {
    private static final int LIMIT = 3;
    private static final long MUTE_NANOS = 1_000_000;

    private final LoopTable table = new LoopTable(LIMIT, MUTE_NANOS);
    private final ByteBuf answer = Unpooled.copyLong(1);

    private boolean isMutedAtLast(InetSocketAddress peer) {
        boolean last = false;
        for (int n = 0; n < LIMIT; n++) {
            table.answered(peer, answer, 0);
            last = table.received(peer, answer, 0);
        }
        return last;
    }

    @Test
    void peersOfOneAddressAreToldApartByTheirPorts() throws UnknownHostException {
        InetAddress address = InetAddress.getByName("192.0.2.1");
        assertThat(isMutedAtLast(new InetSocketAddress(address, 7))).isTrue();
        assertThat(table.isMuted(new InetSocketAddress(address, 7), MUTE_NANOS - 1))
                .isTrue();
        assertThat(table.isMuted(new InetSocketAddress(address, 8), 0)).isFalse();
        assertThat(table.isMuted(new InetSocketAddress(address, 7), MUTE_NANOS)).isFalse();
    }

    /** Who sends from many addresses could otherwise fill the set of a peer with muted ones, and that would not be watched. */
    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.", "2001:db8::"})
    void peersOfOneHashCodeDoNotKeepEachOtherFromBeingWatched(String network) throws UnknownHostException {
        List<InetSocketAddress> peers = new ArrayList<>();
        for (int n = 1; n < 10; n++) {
            peers.add(new InetSocketAddress(InetAddress.getByName(network + n), 1000 - n));
        }
        assertThat(peers.stream().mapToInt(InetSocketAddress::hashCode).distinct())
                .hasSize(1);
        assertThat(peers).allMatch(this::isMutedAtLast);
        assertThat(peers).allMatch(peer -> table.isMuted(peer, 0));
    }
}
