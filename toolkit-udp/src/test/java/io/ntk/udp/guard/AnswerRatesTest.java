package io.ntk.udp.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnswerRatesTest {
    private static final GuardOptions SMALL = GuardOptions.DEFAULTS.withRate(1, 2);
    private long now = -5;
    private final AnswerRates rates = new AnswerRates(SMALL, () -> now, 1);

    private static InetAddress address(int number) throws UnknownHostException {
        return InetAddress.getByAddress(new byte[] {10, (byte) (number >> 16), (byte) (number >> 8), (byte) number});
    }

    @Test
    void remembersAsManyAddressesAsItsTableHolds() throws Exception {
        for (long secret = 0; secret < 100; secret++) {
            var rates = new AnswerRates(SMALL, () -> now, secret);
            int remembered = 0;
            for (int i = 0; i < AnswerRates.ENTRIES / 4; i++) {
                rates.take(address(i));
                rates.take(address(i));
                now++;
            }
            for (int i = 0; i < AnswerRates.ENTRIES / 4; i++) {
                remembered += rates.take(address(i)) ? 0 : 1;
            }
            // Sets of eight with two addresses each on average: hardly one overflows.
            assertThat(remembered).isGreaterThan(AnswerRates.ENTRIES / 4 * 95 / 100);
        }
    }

    @Test
    void beginsAnewForAnAddressThatWasForgotten() throws Exception {
        InetAddress one = address(1);
        assertThat(rates.take(one)).isTrue();
        assertThat(rates.take(one)).isTrue();
        assertThat(rates.take(one)).isFalse();
        for (int i = 2; i < 200_000; i++) {
            now++;
            rates.take(address(i));
        }
        assertThat(rates.take(one)).isTrue();
    }

    @Test
    void doesNotOverflowOverAnyTime() throws Exception {
        var large = new AnswerRates(GuardOptions.DEFAULTS.withRate(1_000_000_000, 1_000_000_000), () -> now, 2);
        assertThat(large.take(address(1))).isTrue();
        now += Duration.ofDays(20_000).toNanos();
        assertThat(large.take(address(1))).isTrue();
        assertThat(rates.take(address(1))).isTrue();
        now += Duration.ofDays(20_000).toNanos();
        assertThat(rates.take(address(1))).isTrue();
        assertThat(rates.take(address(1))).isTrue();
        assertThat(rates.take(address(1))).isFalse();
    }

    @Test
    void optionsHaveBounds() {
        GuardOptions base = GuardOptions.DEFAULTS;
        assertThat(base.withRate(1, 1).burst()).isEqualTo(1);
        assertThatIllegalArgumentException().isThrownBy(() -> base.withRate(0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> base.withRate(1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> base.withRate(1_000_000_001, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> base.withLoop(0, Duration.ofSeconds(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> base.withLoop(1, Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> base.withRefusedPorts(Set.of(65_536)));
    }
}
