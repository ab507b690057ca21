package io.ntk.tcp.upload.client.run;

import io.ntk.core.EventLoops;
import io.ntk.core.Transport;
import io.ntk.tcp.upload.client.SendItem;
import io.ntk.tcp.upload.client.SendObserver;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.client.link.Backoff;
import io.ntk.testsupport.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs of the sender on a thread of their own, which wait out no pause, and what they tell meanwhile. */
final class RecordedRun {
    private final Transport transport;
    private volatile SendObserver.@Nullable Waiting waiting;
    private final List<String> retries = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> pauses = Collections.synchronizedList(new ArrayList<>());

    RecordedRun() {
        this(Transport.NIO);
    }

    RecordedRun(Transport transport) {
        this.transport = transport;
    }

    /** Why it tried again, each time. */
    List<String> retries() {
        return retries;
    }

    /** The bounds of the pauses, in milliseconds; none is waited for. */
    List<Long> pauses() {
        return pauses;
    }

    /** Forgets what it waited for until now, and waits until it tells that again. */
    void awaitWaiting(SendObserver.Waiting what) {
        waiting = null;
        Await.until("waiting for " + what, () -> waiting == what);
    }

    SendReport send(SendOptions options, List<SendItem> items, Duration patience) throws Exception {
        Backoff backoff = new Backoff(patience, System::nanoTime, most -> {
            pauses.add(Duration.ofNanos(most).toMillis());
            return 0;
        });
        SendObserver observer = new SendObserver() {
            @Override
            public void progress(Progress progress) {
                waiting = progress.waiting();
            }

            @Override
            public void retrying(String why) {
                retries.add(why);
            }
        };
        try (EventLoops loops = EventLoops.start(transport, 1)) {
            Sending sending = new Sending(options, loops, items, SendState.inMemory(), observer, backoff);
            Thread thread = new Thread(sending, "ntk-upload");
            thread.start();
            try {
                return sending.report().get(30, TimeUnit.SECONDS);
            } finally {
                sending.cancel();
                thread.join(30_000);
            }
        }
    }
}
