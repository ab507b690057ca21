/** The command line {@code ntk}. */
module io.ntk.cli {
    requires io.ntk.core;
    requires io.ntk.tcp;
    requires info.picocli;
    requires io.netty.buffer;
    requires io.netty.codec.dns;
    requires io.netty.resolver.dns;
    requires static org.jspecify;

    opens io.ntk.cli to
            info.picocli;
}
