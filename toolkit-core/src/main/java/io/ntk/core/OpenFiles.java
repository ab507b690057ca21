package io.ntk.core;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The process's limit of open files.
 *
 * <p>Read from {@code /proc/self/limits} where it exists, which spares a start the JDK's management classes (50 ms).
 */
public final class OpenFiles {
    private static final Pattern ROW = Pattern.compile("^Max open files +(\\d{1,18}) ", Pattern.MULTILINE);
    private static final long WITHOUT_LIMIT = 1L << 20;

    private OpenFiles() {}

    /**
     * The limit in force.
     *
     * @return the soft limit; 1,048,576 where there is none or it cannot be told
     */
    public static long limit() {
        Path limits = Path.of("/proc/self/limits");
        if (Files.isReadable(limits)) {
            try {
                return parse(Files.readString(limits));
            } catch (IOException e) {
                return WITHOUT_LIMIT;
            }
        }
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : WITHOUT_LIMIT;
    }

    static long parse(String table) {
        Matcher row = ROW.matcher(table);
        return row.find() ? Long.parseLong(row.group(1)) : WITHOUT_LIMIT;
    }
}
