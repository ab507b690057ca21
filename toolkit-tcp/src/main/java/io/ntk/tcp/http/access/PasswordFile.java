package io.ntk.tcp.http.access;

import io.ntk.core.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;

/**
 * Users and the bcrypt hashes of their passwords, as {@code htpasswd -B} writes them: a line {@code USER:HASH} each, and
 * empty lines and lines that begin with {@code #}. Needs Bouncy Castle's provider on the path. Immutable.
 *
 * <p>Limits: 1 MiB, 10,000 users, a cost of 4 to 14 (a cost of 14 takes about a second for each check).
 */
public final class PasswordFile {
    /** The most users of a file. */
    public static final int MAX_USERS = 10_000;

    private static final int MAX_BYTES = 1 << 20;
    private static final Pattern HASH = Pattern.compile("\\$2[aby]\\$(0[4-9]|1[0-4])\\$[./A-Za-z0-9]{53}");
    /* Of no password that anyone knows: whoever is not in the file waits as long as whoever is. */
    private static final String NOBODY = "$2y$10$nQl.tcfsfgkmyyLygESyYekbBao/zqBFYYZ/pPrM3bIUNlk0I0ZtC";

    private final Map<String, String> hashes;

    private PasswordFile(Map<String, String> hashes) {
        this.hashes = hashes;
    }

    /**
     * Reads a file. Not to be called on an event loop.
     *
     * @param file in UTF-8
     * @return its users
     * @throws IOException when it cannot be read or is not what it should be; the message says where and what to do
     */
    public static PasswordFile read(Path file) throws IOException {
        byte[] bytes;
        try (var in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (IOException e) {
            throw new IOException("cannot read password file " + file + ": " + Reason.of(e), e);
        }
        if (bytes.length > MAX_BYTES) {
            throw new IOException("cannot use password file " + file + ": it is larger than " + MAX_BYTES + " bytes");
        }
        try {
            return parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new IOException("cannot use password file " + file + ": it is not UTF-8", e);
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot use password file " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads the text of a file.
     *
     * @param text lines
     * @return its users
     * @throws IllegalArgumentException when it is not what it should be; the message has the number of the line, and
     *     never the line
     */
    public static PasswordFile parse(String text) {
        Map<String, String> hashes = new LinkedHashMap<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            int colon = line.indexOf(':');
            String hash = line.substring(colon + 1).strip();
            if (colon < 1 || !HASH.matcher(hash).matches()) {
                throw new IllegalArgumentException("line " + number
                        + " (expected: USER:HASH with bcrypt of cost 4 to 14, as made by 'htpasswd -nB USER')");
            }
            if (hashes.put(line.substring(0, colon), hash) != null) {
                throw new IllegalArgumentException("line " + number + " names a user for the second time");
            }
            if (hashes.size() > MAX_USERS) {
                throw new IllegalArgumentException(
                        "line " + number + " is of user " + (MAX_USERS + 1) + " (expected: at most " + MAX_USERS + ")");
            }
        }
        if (hashes.isEmpty()) {
            throw new IllegalArgumentException("it names no user");
        }
        return new PasswordFile(Map.copyOf(hashes));
    }

    /**
     * Tells whether a password is that of a user. Takes a tenth of a second or more, for unknown users too: not to be
     * called on an event loop.
     *
     * @param user the user's name
     * @param password the password
     * @return whether it is
     */
    public boolean matches(String user, String password) {
        String hash = hashes.getOrDefault(user, NOBODY);
        boolean same = OpenBSDBCrypt.checkPassword(hash, password.getBytes(StandardCharsets.UTF_8));
        return same && hashes.containsKey(user);
    }
}
