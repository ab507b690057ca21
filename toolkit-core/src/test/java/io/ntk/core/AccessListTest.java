package io.ntk.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccessListTest {
    private static final Cidr TEN = Cidr.parse("10.0.0.0/8");
    private static final Cidr TEN_ONE = Cidr.parse("10.1.0.0/16");

    @Test
    void letsEveryoneInByDefault() {
        assertThat(AccessList.ALL.permits(new InetSocketAddress("9.9.9.9", 1))).isTrue();
    }

    @Test
    void deniesTheRestWhenAnythingIsAllowed() {
        AccessList list = new AccessList(List.of(TEN), List.of());
        assertThat(list.permits(new InetSocketAddress("10.2.3.4", 1))).isTrue();
        assertThat(list.permits(new InetSocketAddress("11.0.0.1", 1))).isFalse();
        assertThat(list.permits(new InetSocketAddress("2001:db8::1", 1))).isFalse();
    }

    @Test
    void letsDenyWinOverAllow() {
        AccessList list = new AccessList(List.of(TEN, TEN_ONE), List.of(TEN_ONE));
        assertThat(list.permits(new InetSocketAddress("10.2.0.1", 1))).isTrue();
        assertThat(list.permits(new InetSocketAddress("10.1.0.1", 1))).isFalse();
    }

    @Test
    void leavesUnixPeersToThePermissionsOfTheFile() {
        AccessList list = new AccessList(List.of(TEN), List.of(TEN));
        assertThat(list.permits(new DomainSocketAddress("/x"))).isTrue();
        assertThat(list.permits(null)).isTrue();
    }
}
