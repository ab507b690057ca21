package io.ntk.tcp.line;

import io.ntk.core.NetEvent;
import io.ntk.core.NetListener;
import io.ntk.testsupport.Await;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what a server tells. */
final class Events implements NetListener {
    private final List<NetEvent> all = new CopyOnWriteArrayList<>();

    @Override
    public void on(NetEvent event) {
        all.add(event);
    }

    <T extends NetEvent> List<T> all(Class<T> type) {
        return all.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** Waits until there is one, and gives the first. */
    <T extends NetEvent> T await(Class<T> type) {
        Await.until(type.getSimpleName(), () -> !all(type).isEmpty());
        return all(type).get(0);
    }
}
