package io.ntk.tcp.http;

import io.netty.channel.ChannelHandler;
import io.ntk.tcp.http.files.SharedFolder;
import io.ntk.tcp.http.files.StaticFilesHandler;
import io.ntk.tcp.http.inspect.InspectHandler;
import io.ntk.tcp.http.inspect.InspectOptions;

/**
 * What an {@link HttpServer} answers: a source of the last handlers of its pipelines.
 *
 * <p>Such a handler gets requests as the codec decodes them: {@link io.netty.handler.codec.http.HttpRequest}, contents,
 * and a {@link io.netty.handler.codec.http.LastHttpContent}, all of them checked, and releases what it gets. It gets one
 * request at a time: the next comes when its reply is complete. It answers when the last content has come, then or
 * later, on the event loop, with a {@link io.netty.handler.codec.http.FullHttpResponse}, or a response, contents (buffers
 * and file regions too) and a last content, through {@code ctx.write}; it flushes in {@code channelReadComplete}, or by
 * itself when it answers later. {@link PipelineOrderHandler} adds {@code Date} and {@code Connection}, and closes.
 */
@FunctionalInterface
public interface HttpMode {
    /**
     * Makes the handler of one connection; called on its event loop.
     *
     * @return a handler, a shared one if it is sharable
     */
    ChannelHandler newHandler();

    /**
     * How much of a request is kept as it came over the wire, for modes that show it.
     *
     * @return bytes; 0 for modes that do not
     */
    default int recordedBytes() {
        return 0;
    }

    /** Told once when the server has closed: threads and files of the mode end here. */
    default void closed() {}

    /**
     * The files of a folder.
     *
     * @param folder the folder, closed with the server
     * @return the mode
     */
    static HttpMode files(SharedFolder folder) {
        return new HttpMode() {
            @Override
            public ChannelHandler newHandler() {
                return new StaticFilesHandler(folder);
            }

            @Override
            public void closed() {
                folder.close();
            }
        };
    }

    /**
     * Fixed replies.
     *
     * @param replies the replies
     * @return the mode
     */
    static HttpMode fixed(FixedReplies replies) {
        return () -> new FixedResponseHandler(replies);
    }

    /**
     * What clients sent.
     *
     * @param options the limits
     * @return the mode
     */
    static HttpMode inspect(InspectOptions options) {
        return new HttpMode() {
            @Override
            public ChannelHandler newHandler() {
                return new InspectHandler(options);
            }

            @Override
            public int recordedBytes() {
                return HttpLimits.MAX_HEAD_BYTES + 2 * options.maxBodyBytes(); // chunks have borders
            }
        };
    }
}
