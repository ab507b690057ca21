package io.ntk.core;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;

/** An embedded channel whose output can be shut down, can fail, and can get stuck. */
final class HalfOpenChannel extends EmbeddedChannel implements DuplexChannel {
    private boolean outputShutDown;
    private boolean inputEnded;
    private boolean failing;
    private boolean stuck;
    private int reads;

    void failWrites() {
        failing = true;
    }

    void sticks(boolean value) {
        stuck = value;
    }

    void endInput() {
        inputEnded = true;
    }

    boolean outputWasShutDown() {
        return outputShutDown;
    }

    int reads() {
        return reads;
    }

    @Override
    protected void doBeginRead() throws Exception {
        reads++;
        super.doBeginRead();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        if (failing) {
            throw new IOException("broken pipe");
        }
        if (!stuck) {
            super.doWrite(in);
        }
    }

    @Override
    public boolean isInputShutdown() {
        return inputEnded;
    }

    @Override
    public ChannelFuture shutdownInput() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutDown;
    }

    @Override
    public ChannelFuture shutdownOutput() {
        outputShutDown = true;
        return newSucceededFuture();
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        outputShutDown = true;
        return promise.setSuccess();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public ChannelFuture shutdown() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        throw new UnsupportedOperationException();
    }
}
