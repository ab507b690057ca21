package io.ntk.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The group {@code ntk upload}. */
@Command(name = "upload", description = "Files over TCP: resumable, verified, whole or not at all.")
@Examples({
    "ntk upload serve --dir inbox   # receives files, on 127.0.0.1:9003",
    "ntk upload send film.mkv 9003   # sends one there",
})
final class UploadCommand {
    @Mixin
    HelpMixin help = new HelpMixin();
}
