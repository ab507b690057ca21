package io.ntk.cli;

/** Colours for one stream, or none. */
record Paint(boolean on) {
    String event(EventText.Level level, String line) {
        return switch (level) {
            case NORMAL -> line;
            case DETAIL, END -> wrap("2", line);
            case ATTENTION -> wrap("33", line);
        };
    }

    String warning(String text) {
        return wrap("33", text);
    }

    String error(String text) {
        return wrap("1;31", text);
    }

    private String wrap(String code, String text) {
        return on ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
