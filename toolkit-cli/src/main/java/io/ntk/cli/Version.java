package io.ntk.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into a resource. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
        try (InputStream resource = Version.class.getResourceAsStream("version")) {
            if (resource == null) {
                throw new IOException("cannot tell the version: its resource is missing");
            }
            return new String[] {"ntk " + new String(resource.readAllBytes(), StandardCharsets.UTF_8).strip()};
        }
    }
}
