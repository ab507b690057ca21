package io.ntk.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The group {@code ntk chat}. */
@Command(name = "chat", description = "Group chat.")
@Examples({
    "ntk chat serve       # a chat on 127.0.0.1:9002",
    "ntk chat join 9002   # talk to whoever is there",
})
final class ChatCommand {
    @Mixin
    HelpMixin help = new HelpMixin();
}
