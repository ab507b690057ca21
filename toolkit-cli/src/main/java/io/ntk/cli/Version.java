package io.ntk.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into a resource. */
final class Version implements IVersionProvider {
    private static final Set<String> ASKING = Set.of("-V", "--version");

    /** Whether these arguments ask for the version and for nothing else. */
    static boolean asked(String[] args) {
        return args.length == 1 && ASKING.contains(args[0]);
    }

    /** As it is printed, with its line end. */
    static String line() throws IOException {
        try (InputStream resource = Version.class.getResourceAsStream("version")) {
            if (resource == null) {
                throw new IOException("cannot tell the version: its resource is missing");
            }
            return "ntk " + new String(resource.readAllBytes(), StandardCharsets.UTF_8).strip() + "\n";
        }
    }

    @Override
    public String[] getVersion() throws IOException {
        return new String[] {line().strip()};
    }
}
