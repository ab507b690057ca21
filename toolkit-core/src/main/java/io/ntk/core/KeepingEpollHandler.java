package io.ntk.core;

import static java.util.Objects.requireNonNull;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Netty's epoll, which loses no descriptor of a channel that has nothing to wait for.
 *
 * <p>Netty 4.2.18 takes such a descriptor out of its set (else errors of the socket would wake the loop for ever), and
 * cannot put it back: {@code epoll_ctl} fails with ENOENT, and the channel is closed with all that it had still to send.
 * A channel has nothing to wait for when its peer has ended its stream, until it has more to send than the kernel takes.
 * Here such a descriptor stays, edge-triggered: an error wakes the loop once.
 *
 * @see <a href="https://github.com/netty/netty/pull/16689">netty#16689</a>
 */
final class KeepingEpollHandler implements IoHandler {
    private final IoHandler epoll;

    private KeepingEpollHandler(IoHandler epoll) {
        this.epoll = requireNonNull(epoll, "epoll");
    }

    static IoHandlerFactory newFactory() {
        IoHandlerFactory epoll = EpollIoHandler.newFactory();
        return executor -> new KeepingEpollHandler(epoll.newHandler(executor));
    }

    @Override
    public void initialize() {
        epoll.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        return epoll.run(context);
    }

    @Override
    public void prepareToDestroy() {
        epoll.prepareToDestroy();
    }

    @Override
    public void destroy() {
        epoll.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return new Registration(epoll.register(handle));
    }

    @Override
    public void wakeup() {
        epoll.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return epoll.isCompatible(handleType);
    }

    private record Registration(IoRegistration epoll) implements IoRegistration {
        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // so Netty has it
        public <T> T attachment() {
            return epoll.attachment();
        }

        @Override
        public long submit(IoOps ops) {
            return epoll.submit(ops.equals(EpollIoOps.NONE) ? EpollIoOps.EPOLLET : ops);
        }

        @Override
        public boolean isValid() {
            return epoll.isValid();
        }

        @Override
        public boolean cancel() {
            return epoll.cancel();
        }
    }
}
