package io.ntk.core;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads certificates and keys in the text form of RFC 7468, and says what is wrong with a file that cannot be used and
 * what to do about it. Not to be called on an event loop.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468</a>
 */
final class PemFile {
    private static final long MAX_BYTES = 4L << 20;
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \\1-----");

    private PemFile() {}

    /** The certificates of a file, in its order; at least one. */
    static List<X509Certificate> certificates(Path file) throws IOException {
        List<X509Certificate> found = new ArrayList<>();
        Matcher block = BLOCK.matcher(read(file, "certificate"));
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            while (block.find()) {
                if (block.group(1).endsWith("CERTIFICATE")) {
                    var der = new ByteArrayInputStream(Base64.getMimeDecoder().decode(block.group(2)));
                    found.add((X509Certificate) factory.generateCertificate(der));
                }
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("cannot use certificate " + file + ": it is damaged", e);
        }
        if (found.isEmpty()) {
            throw new IOException("cannot use certificate " + file + ": it holds no certificate in PEM");
        }
        return found;
    }

    /** The key of a file: PKCS #8, not encrypted. */
    static PrivateKey key(Path file) throws IOException {
        String text = read(file, "key");
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            if ("PRIVATE KEY".equals(block.group(1))) {
                return decoded(file, block.group(2));
            }
        }
        String why = "it holds no private key in PEM";
        if (text.contains("ENCRYPTED")) {
            why = "it is encrypted (openssl pkey -in " + file + " -out PLAIN writes it without its password)";
        } else if (text.contains("PRIVATE KEY-----")) {
            why = "it is not PKCS #8 (openssl pkey -in " + file + " -out NEW converts it)";
        }
        throw new IOException("cannot use key " + file + ": " + why);
    }

    /** Fails unless the key is that of the certificate: what the one signs, the other must verify. */
    static void requirePair(Path keyFile, PrivateKey key, Path certificateFile, X509Certificate certificate)
            throws IOException {
        if (!isPair(key, certificate.getPublicKey())) {
            throw new IOException(
                    "cannot use key " + keyFile + ": it does not belong to certificate " + certificateFile);
        }
    }

    private static boolean isPair(PrivateKey key, PublicKey certified) {
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> "EdDSA";
                };
        byte[] text = "ntk".getBytes(StandardCharsets.US_ASCII);
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // a key of another kind, or on another curve
        }
    }

    private static PrivateKey decoded(Path file, String base64) throws IOException {
        GeneralSecurityException failure = null;
        try {
            PKCS8EncodedKeySpec spec =
                    new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
            for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(spec);
                } catch (InvalidKeySpecException e) {
                    failure = e;
                }
            }
        } catch (GeneralSecurityException e) {
            failure = e;
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot use key " + file + ": it is damaged", e);
        }
        throw new IOException("cannot use key " + file + ": it is damaged, or no RSA, EC or Ed25519 key", failure);
    }

    private static String read(Path file, String what) throws IOException {
        if (!Files.exists(file)) {
            throw new IOException("cannot read " + what + " " + file + ": no such file");
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException("cannot read " + what + " " + file + ": it is no file");
        }
        if (!Files.isReadable(file)) {
            throw new IOException("cannot read " + what + " " + file + ": permission denied");
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException("cannot use " + what + " " + file + ": it is larger than " + MAX_BYTES + " bytes");
        }
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
