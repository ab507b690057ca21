/** The command line {@code ntk}. */
@SuppressWarnings("requires-automatic") // JLine has no module descriptors
module io.ntk.cli {
    requires io.ntk.core;
    requires io.ntk.tcp;
    requires io.ntk.udp;
    requires info.picocli;
    requires org.snakeyaml.engine.v2;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires io.netty.buffer;
    requires io.netty.codec.dns;
    requires io.netty.resolver.dns;
    requires ch.qos.logback.classic;
    requires ch.qos.logback.core;
    requires org.slf4j;
    requires jdk.unsupported;
    requires static org.jspecify;

    provides ch.qos.logback.classic.spi.Configurator with
            io.ntk.cli.LogConfiguration;

    opens io.ntk.cli to
            info.picocli;
}
