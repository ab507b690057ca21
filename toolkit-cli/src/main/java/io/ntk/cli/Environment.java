package io.ntk.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Set;

/**
 * What a run is given by whoever starts it.
 *
 * @param in standard input
 * @param out standard output; its failures must reach the caller
 * @param err standard error
 * @param terminals which of the three are terminals
 * @param variables the environment variables
 */
record Environment(
        InputStream in, OutputStream out, OutputStream err, Set<Standard> terminals, Map<String, String> variables) {

    /**
     * That of this process. The streams are the descriptors themselves: {@code System.out} swallows errors, and encodes
     * by the locale.
     */
    static Environment ofProcess() {
        return new Environment(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                Standard.terminals(),
                System.getenv());
    }

    /** No input, output that goes nowhere, no variables: for what only needs the model of the commands. */
    static Environment none() {
        return new Environment(
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                OutputStream.nullOutputStream(),
                Set.of(),
                Map.of());
    }
}
