package io.ntk.tcp.upload.server;

import io.ntk.core.JsonWriter;
import io.ntk.core.ProtocolEvent;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.UploadError;
import java.time.Duration;

/** What becomes of files. Names are those of peers: hostile until escaped. */
public sealed interface UploadEvent extends ProtocolEvent {
    /** The noun, in events. */
    String SERVICE = "upload";

    @Override
    default String service() {
        return SERVICE;
    }

    /**
     * A file has begun, or goes on.
     *
     * @param id as in the connection's opening
     * @param peer who sends it
     * @param path what it is to be called
     * @param size bytes, -1 when nobody knows
     * @param present bytes that were there already
     */
    record Opened(String id, String peer, String path, long size, long present) implements UploadEvent {
        @Override
        public String name() {
            return "upload-opened";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("path", path);
            json.field("size", size).field("present", present);
        }
    }

    /**
     * A file is there, whole.
     *
     * @param id as in the connection's opening
     * @param peer who sent it
     * @param receipt the final answer
     * @param lasted since it was opened
     */
    record Done(String id, String peer, Receipt receipt, Duration lasted) implements UploadEvent {
        @Override
        public String name() {
            return "upload-done";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("path", receipt.name());
            json.field("size", receipt.size()).field("crc32c", Integer.toHexString(receipt.crc32c()));
            if (receipt.sha256() != null) {
                json.field("sha256", receipt.sha256().hex());
            }
            json.field(
                    "marks",
                    receipt.marks().stream()
                            .map(mark -> mark.name().toLowerCase(java.util.Locale.ROOT))
                            .sorted()
                            .toList());
            json.field("seconds", lasted.toNanos() / 1e9);
        }
    }

    /**
     * A file was refused, or failed.
     *
     * @param id as in the connection's opening
     * @param peer who sent it
     * @param path what it was to be called
     * @param error what kind
     * @param why in a few words
     */
    record Failed(String id, String peer, String path, UploadError error, String why) implements UploadEvent {
        @Override
        public String name() {
            return "upload-failed";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("path", path);
            json.field("code", error.code()).field("why", why);
        }
    }

    /**
     * A file was broken off; what is verified of it can be resumed.
     *
     * @param id as in the connection's opening
     * @param peer who sent it
     * @param path what it was to be called
     * @param present bytes that are verified from its start
     */
    record Suspended(String id, String peer, String path, long present) implements UploadEvent {
        @Override
        public String name() {
            return "upload-suspended";
        }

        @Override
        public void describe(JsonWriter json) {
            json.field("id", id).field("peer", peer).field("path", path).field("present", present);
        }
    }
}
