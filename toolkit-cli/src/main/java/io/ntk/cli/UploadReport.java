package io.ntk.cli;

import io.ntk.core.Endpoint;
import io.ntk.core.JsonWriter;
import io.ntk.core.Ndjson;
import io.ntk.tcp.upload.client.SendReport;
import io.ntk.tcp.upload.store.UploadError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What came of {@code upload send}: a line for people, and a document, for standard output and for the receipt.
 *
 * @param endpoint where to
 * @param report how it ended
 * @param lasted how long it took
 */
record UploadReport(Endpoint endpoint, SendReport report, Duration lasted) {
    private long count(SendReport.Mark mark) {
        return report.receipts().stream()
                .filter(each -> each.marks().contains(mark))
                .count();
    }

    /** Of what was sent; what was there already is not. */
    private long bytes() {
        return report.receipts().stream()
                .filter(each -> !each.marks().contains(SendReport.Mark.SKIPPED))
                .mapToLong(SendReport.Receipt::size)
                .sum();
    }

    private long sent() {
        return report.receipts().size() - count(SendReport.Mark.SKIPPED);
    }

    /** One line: sent, resumed, skipped and failed. */
    String summary() {
        StringBuilder text = new StringBuilder("sent ").append(sent());
        text.append(", ").append(EventText.bytes(bytes()));
        text.append(", in ").append(EventText.time(lasted));
        append(text, "resumed", count(SendReport.Mark.RESUMED));
        append(text, "there already", count(SendReport.Mark.SKIPPED));
        append(text, "renamed", count(SendReport.Mark.RENAMED));
        append(text, "failed", report.failures().size());
        return text.append(count(SendReport.Mark.UNCONFIRMED) > 0 ? " (sent, not confirmed)" : "")
                .toString();
    }

    private static void append(StringBuilder text, String what, long count) {
        if (count > 0) {
            text.append("; ").append(what).append(' ').append(count);
        }
    }

    /** Whether a name was taken, which another policy would bear. */
    boolean isAnyThereAlready() {
        return report.failures().stream().anyMatch(each -> each.code() == UploadError.EXISTS.code());
    }

    JsonWriter document() {
        List<JsonWriter> files = new ArrayList<>();
        for (SendReport.Receipt each : report.receipts()) {
            files.add(document(each));
        }
        List<JsonWriter> failures = new ArrayList<>();
        for (SendReport.Failure each : report.failures()) {
            failures.add(new JsonWriter()
                    .field("source", each.source())
                    .field("name", each.name())
                    .field("code", each.code())
                    .field("why", each.why()));
        }
        return Ndjson.start("upload", "sent", Instant.now())
                .field("endpoint", endpoint.toString())
                .field("sent", sent())
                .field("resumed", count(SendReport.Mark.RESUMED))
                .field("skipped", count(SendReport.Mark.SKIPPED))
                .field("failed", report.failures().size())
                .field("bytes", bytes())
                .field("bytesOut", report.sentBytes())
                .field("reconnects", report.reconnects())
                .field("seconds", lasted.toMillis() / 1000.0)
                .objects("files", files)
                .objects("failures", failures);
    }

    private static JsonWriter document(SendReport.Receipt receipt) {
        JsonWriter file = new JsonWriter()
                .field("source", receipt.source())
                .field("name", receipt.name())
                .field("size", receipt.size());
        if (receipt.sha256() != null) {
            file.field("sha256", receipt.sha256());
        }
        for (SendReport.Mark mark : SendReport.Mark.values()) {
            file.field(mark.name().toLowerCase(Locale.ROOT), receipt.marks().contains(mark));
        }
        return file;
    }

    /**
     * Refuses what cannot become a receipt, before anything is sent.
     *
     * @throws IllegalArgumentException when it is a folder, or its folder is missing
     */
    static void check(Path file) {
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException("--receipt: " + file + " is a folder (expected: a file)");
        }
        if (!Files.isDirectory(folder(file))) {
            throw new IllegalArgumentException("--receipt: " + folder(file) + " is no folder");
        }
    }

    private static Path folder(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        return folder == null ? Path.of("/") : folder;
    }

    /** Writes the document, whole or not at all. */
    void write(Path file) throws IOException {
        Path draft = Files.createTempFile(folder(file), ".receipt", null);
        try {
            Files.writeString(draft, document() + "\n");
            Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }
}
