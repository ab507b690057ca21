package io.ntk.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultEventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

class LeakCheckTest {
    private static final List<ByteBuf> LEFT = new ArrayList<>();

    /** Run by the tests below alone: they set the property. */
    @EnabledIfSystemProperty(named = "leak-check-test", matches = "on")
    static class Leaving {
        @RegisterExtension
        static final LeakCheck IMPATIENT = new LeakCheck(Duration.ofMillis(100));

        @Test
        void leavesOneBuffer() {
            LEFT.add(ByteBufAllocator.DEFAULT.buffer());
        }
    }

    @EnabledIfSystemProperty(named = "leak-check-test", matches = "on")
    static class Clean {
        @RegisterExtension
        static final LeakCheck IMPATIENT = new LeakCheck(Duration.ofMillis(100));

        @Test
        void leavesNothing() {
            ByteBufAllocator.DEFAULT.buffer().release();
        }
    }

    @ExtendWith(LeakCheck.class)
    @EnabledIfSystemProperty(named = "leak-check-test", matches = "on")
    static class Late {
        private final DefaultEventLoop loop = new DefaultEventLoop();

        @Test
        void releasesOnAnotherThreadLater() {
            ByteBuf buffer = ByteBufAllocator.DEFAULT.buffer();
            loop.schedule(() -> buffer.release(), 100, TimeUnit.MILLISECONDS);
        }
    }

    @AfterEach
    void releaseWhatWasLeft() {
        System.clearProperty("leak-check-test");
        LEFT.forEach(ByteBuf::release);
        LEFT.clear();
        LeakCheck.forget();
    }

    @Test
    void failsATestThatLeavesABuffer() {
        run(Leaving.class, 0, 1);
    }

    @Test
    void failsNoTestForABufferOfAnEarlierOne() {
        LEFT.add(ByteBufAllocator.DEFAULT.buffer());
        run(Clean.class, 1, 0);
    }

    @Test
    void waitsForEventLoops() {
        run(Late.class, 1, 0);
    }

    private static void run(Class<?> tests, int succeeded, int failed) {
        System.setProperty("leak-check-test", "on");
        var listener = new SummaryGeneratingListener();
        var request = LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests));
        LauncherFactory.create().execute(request.build(), listener);
        assertEquals(succeeded, listener.getSummary().getTestsSucceededCount());
        assertEquals(failed, listener.getSummary().getTestsFailedCount());
    }
}
