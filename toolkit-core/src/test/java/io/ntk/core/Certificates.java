package io.ntk.core;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority that issues certificates into files. */
final class Certificates {
    private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private final KeyPair keys;
    private final X500Name name;
    private final X509Certificate certificate;

    /** A certificate, its key, and the files that both were written to. */
    record Issued(X509Certificate certificate, PrivateKey key, Path certificateFile, Path keyFile) {}

    Certificates(String name) throws GeneralSecurityException, IOException {
        this.keys = newKeys("EC");
        this.name = new X500Name("CN=" + name);
        this.certificate = sign(this.name, keys, List.of(), true);
    }

    /** The authority's own certificate as a file. */
    Path write(Path file) throws GeneralSecurityException, IOException {
        return Files.writeString(file, pem("CERTIFICATE", certificate.getEncoded()));
    }

    /** Issues a certificate for names, each {@code DNS:…} or {@code IP:…}, and writes {@code stem.crt} and {@code stem.key}. */
    Issued issue(Path folder, String stem, String algorithm, String... names)
            throws GeneralSecurityException, IOException {
        KeyPair own = newKeys(algorithm);
        X509Certificate issued = sign(new X500Name("CN=" + stem), own, List.of(names), false);
        Path certificateFile = folder.resolve(stem + ".crt");
        Path keyFile = folder.resolve(stem + ".key");
        Files.writeString(
                certificateFile,
                pem("CERTIFICATE", issued.getEncoded()) + pem("CERTIFICATE", certificate.getEncoded()));
        Files.writeString(keyFile, pem("PRIVATE KEY", own.getPrivate().getEncoded()));
        return new Issued(issued, own.getPrivate(), certificateFile, keyFile);
    }

    private X509Certificate sign(X500Name subject, KeyPair subjectKeys, List<String> names, boolean authority)
            throws GeneralSecurityException, IOException {
        Instant now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                name,
                new BigInteger(64, new SecureRandom()),
                Date.from(now.minus(Duration.ofDays(1))),
                Date.from(now.plus(Duration.ofDays(1))),
                subject,
                subjectKeys.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
        GeneralName[] alternatives = names.stream()
                .map(each -> new GeneralName(
                        each.startsWith("IP:") ? GeneralName.iPAddress : GeneralName.dNSName,
                        each.substring(each.indexOf(':') + 1)))
                .toArray(GeneralName[]::new);
        if (alternatives.length > 0) {
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
        }
        try {
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException(e);
        }
    }

    static KeyPair newKeys(String algorithm) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if ("RSA".equals(algorithm)) {
            generator.initialize(2048);
        } else if ("EC".equals(algorithm)) {
            generator.initialize(256);
        }
        return generator.generateKeyPair();
    }

    static String pem(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n" + BASE64.encodeToString(der) + "\n-----END " + kind + "-----\n";
    }
}
