/** The command line {@code ntk}. */
module io.ntk.cli {
    requires io.ntk.core;
    requires io.ntk.tcp;
    requires info.picocli;
    requires org.snakeyaml.engine.v2;
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
