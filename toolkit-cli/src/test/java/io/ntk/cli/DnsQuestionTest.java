package io.ntk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ntk.testsupport.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against a name server of the test's own, whose records are written in hex as they stand on the wire. */
class DnsQuestionTest {
    /* Type and RDATA by question type; c00c points to the name of the question (RFC 1035 4.1.4). */
    private static final Map<Integer, String> RDATA = Map.of(
            1, "c0000201",
            28, "20010db8000000000000000000000001",
            15, "000a" + "046d61696cc00c",
            16, "05" + "68656c6c6f" + "05" + "776f726c64",
            33, "0001" + "0002" + "01bb" + "c00c",
            2, "026e73c00c",
            5, "03777777c00c",
            12, "04686f73740474657374" + "00",
            6, "026e73c00c" + "0472 6f6f74c00c".replace(" ", "") + "00000001000000020000000300000004" + "00000005");

    private final DatagramSocket socket = socket();
    private final String server = "127.0.0.1:" + socket.getLocalPort();
    private final Thread thread = new Thread(this::serve);

    DnsQuestionTest() {
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void endServer() {
        socket.close();
        Await.until("server thread ends", () -> !thread.isAlive());
    }

    @Test
    void readsEveryTypeOfRecord() {
        assertAnswer("A", "192.0.2.1");
        assertAnswer("AAAA", "2001:db8::1");
        assertAnswer("MX", "10 mail.x.test.");
        assertAnswer("TXT", "\"hello\" \"world\"");
        assertAnswer("SRV", "1 2 443 x.test.");
        assertAnswer("NS", "ns.x.test.");
        assertAnswer("CNAME", "www.x.test.");
        assertAnswer("SOA", "ns.x.test. root.x.test. 1 2 3 4 5");
    }

    @Test
    void asksForTheReverseNameOfAnAddress() {
        Ntk.Result run = Ntk.run("resolve", "--dns", server, "192.0.2.1");
        assertThat(run.out()).isEqualTo("192.0.2.1 PTR host.test.\n");
        assertThat(DnsQuestion.asked("192.0.2.1", DnsQuestion.Type.PTR)).isEqualTo("1.2.0.192.in-addr.arpa.");
        assertThat(DnsQuestion.asked("2001:db8::1", DnsQuestion.Type.PTR))
                .isEqualTo("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.");
    }

    @Test
    void asksForBothKindsOfAddressByDefault() {
        assertThat(Ntk.run("resolve", "--dns", server, "x.test").lines())
                .containsExactly("x.test A 192.0.2.1", "x.test AAAA 2001:db8::1");
    }

    @Test
    void tellsWhatTheServerSaid() {
        Ntk.Result run = Ntk.run("resolve", "--dns", server, "--type", "A", "nx.test");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains(server).contains("nxdomain");
    }

    @Test
    void tellsWhenThereIsNoSuchRecord() {
        Ntk.Result run = Ntk.run("resolve", "--dns", server, "--type", "A", "empty.test");
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("cannot resolve empty.test: " + server + " has no such record");
    }

    @Test
    void survivesAnAnswerThatCannotBeRead() {
        for (String type : List.of("A", "SRV", "MX", "SOA", "TXT", "CNAME")) {
            String name = type.equals("TXT") || type.equals("CNAME") ? "cut.test" : "bad.test";
            Ntk.Result run = Ntk.run("resolve", "--dns", server, "--type", type, "--timeout", "500ms", name);
            assertThat(run.exit()).as(type).isIn(1, 124);
            assertThat(run.err()).startsWith("ntk: cannot").doesNotContain("Exception");
        }
    }

    @Test
    void givesUpOnASilentServer() {
        Ntk.Result run = Ntk.run("resolve", "--dns", server, "--type", "A", "--timeout", "300ms", "silent.test");
        assertThat(run.exit()).isEqualTo(124);
        assertThat(run.err()).contains("no answer in 300 ms");
    }

    private void assertAnswer(String type, String data) {
        Ntk.Result run = Ntk.run("resolve", "--dns", server, "--type", type, "x.test");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("x.test " + type + " " + data + "\n");
    }

    private void serve() {
        byte[] buffer = new byte[512];
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                byte[] answer = answer(Arrays.copyOf(buffer, packet.getLength()));
                if (answer.length > 0) {
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                return;
            }
        }
    }

    /** Header, the question as it came (an OPT record behind it left out), and one answer. */
    private static byte[] answer(byte[] query) {
        int end = 12;
        while (query[end] != 0) {
            end += query[end] + 1;
        }
        int type = query[end + 2] & 0xff;
        String name = new String(query, 12, end - 12, StandardCharsets.ISO_8859_1);
        if (name.contains("silent")) {
            return new byte[0];
        }
        boolean none = name.contains("nx") || name.contains("empty");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(query, 0, 2);
        out.writeBytes(HexFormat.of().parseHex(name.contains("nx") ? "8403" : "8400"));
        out.writeBytes(HexFormat.of().parseHex(none ? "0001000000000000" : "0001000100000000"));
        out.write(query, 12, end + 5 - 12);
        if (!none) {
            byte[] rdata = HexFormat.of().parseHex(rdata(name, type));
            out.writeBytes(HexFormat.of().parseHex("c00c" + "%04x".formatted(type) + "0001" + "0000003c"));
            out.writeBytes(HexFormat.of().parseHex("%04x".formatted(rdata.length)));
            out.writeBytes(rdata);
        }
        return out.toByteArray();
    }

    private static String rdata(String name, int type) {
        return name.contains("bad") ? "00" : name.contains("cut") ? "ff" : RDATA.getOrDefault(type, "");
    }

    private static DatagramSocket socket() {
        try {
            return new DatagramSocket(0, InetAddress.getLoopbackAddress());
        } catch (SocketException e) {
            throw new AssertionError(e);
        }
    }
}
