package io.ntk.testsupport;

import io.netty.util.LeakPresenceDetector;
import java.time.Duration;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test that leaves a Netty buffer unreleased: {@code @ExtendWith(LeakCheck.class)}.
 *
 * <p>Every buffer of the JVM is counted (not a sample of them), so tests must not run in parallel. Event loops get ten
 * seconds to release what a test has closed. The JVM must be started with
 * {@code -Dio.netty.customResourceLeakDetector=io.netty.util.LeakPresenceDetector}, else every test fails; add
 * {@code -Dio.netty.util.LeakPresenceDetector.trackCreationStack=true} to learn where the buffer was made.
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final LeakPresenceDetector.ResourceScope SCOPE = new Detector().scope();

    /** The one way to the scope that the detectors of Netty count in. */
    private static final class Detector extends LeakPresenceDetector<Object> {
        Detector() {
            super(Object.class);
        }

        ResourceScope scope() {
            return currentScope();
        }
    }

    private final Duration grace;

    /** Made by JUnit. */
    public LeakCheck() {
        this(GRACE);
    }

    LeakCheck(Duration grace) {
        this.grace = grace;
    }

    /** Forgets what earlier tests left, once their event loops have had time to release it. */
    @Override
    public void beforeEach(ExtensionContext context) {
        released();
        forget();
    }

    /** Looks, after the test's own {@code @AfterEach} methods. */
    @Override
    public void afterEach(ExtensionContext context) {
        released();
        LeakPresenceDetector.check();
    }

    private boolean released() {
        return Await.within(grace, () -> !SCOPE.hasOpenResources());
    }

    /** Netty's check sets the count to zero, whatever it finds. */
    static void forget() {
        try {
            LeakPresenceDetector.check();
        } catch (IllegalStateException found) {
            // Not of this test; and where the detector is missing, afterEach says so.
            return;
        }
    }
}
