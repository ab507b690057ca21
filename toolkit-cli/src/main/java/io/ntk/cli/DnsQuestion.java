package io.ntk.cli;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsPtrRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.util.NetUtil;
import io.ntk.core.Endpoint;
import io.ntk.core.EventLoops;
import io.ntk.core.Reason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One question to one name server, and its answers as text.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1035">RFC 1035</a>
 */
final class DnsQuestion {
    /** The types that can be asked for. */
    enum Type {
        A,
        AAAA,
        PTR,
        CNAME,
        MX,
        TXT,
        SRV,
        NS,
        SOA
    }

    /** One record of the answer. */
    record Answer(String name, String type, long ttl, String data) {}

    private DnsQuestion() {}

    /**
     * Asks; a truncated answer is asked for again over TCP.
     *
     * @param server where the name server is
     * @param name a domain name, or for PTR an address, which is turned into its reverse name
     * @return the records of the answer section; none when the name has none of that type
     * @throws IOException when the server says so or cannot be reached
     * @throws TimeoutException when there is no answer in time
     */
    static List<Answer> ask(Endpoint.Inet server, String name, Type type, Duration timeout, EventLoops loops)
            throws IOException, TimeoutException, InterruptedException {
        InetSocketAddress address = new InetSocketAddress(server.host(), server.port());
        if (address.isUnresolved()) {
            throw new IOException("cannot ask " + server + ": unknown host");
        }
        try (DnsNameResolver resolver = resolver(address, timeout, loops)) {
            var question = new DefaultDnsQuestion(asked(name, type), DnsRecordType.valueOf(type.name()));
            var envelope = resolver.query(address, question).get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return answers(server, name, envelope);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DnsNameResolverTimeoutException) {
                throw (TimeoutException) new TimeoutException("no answer from " + server).initCause(e);
            }
            throw new IOException("cannot ask " + server + ": " + Reason.of(e), e);
        }
    }

    /** The reverse name of an address (RFC 1035 3.5, RFC 3596 2.5); a name as it is. */
    static String asked(String name, Type type) {
        byte[] address = type == Type.PTR ? NetUtil.createByteArrayFromIpAddressString(name) : null;
        if (address == null) {
            return name;
        }
        StringBuilder reverse = new StringBuilder();
        for (int i = address.length - 1; i >= 0; i--) {
            if (address.length == 4) {
                reverse.append(address[i] & 0xff).append('.');
            } else {
                reverse.append(Integer.toHexString(address[i] & 0xf)).append('.');
                reverse.append(Integer.toHexString(address[i] >> 4 & 0xf)).append('.');
            }
        }
        return reverse.append(address.length == 4 ? "in-addr.arpa." : "ip6.arpa.")
                .toString();
    }

    private static DnsNameResolver resolver(InetSocketAddress server, Duration timeout, EventLoops loops) {
        return new DnsNameResolverBuilder(loops.group().next())
                .datagramChannelType(loops.transport()
                        .datagramChannel(new Endpoint.Inet(Endpoint.LOOPBACK, 0))
                        .asSubclass(DatagramChannel.class))
                .socketChannelType(loops.transport()
                        .streamChannel(new Endpoint.Inet(Endpoint.LOOPBACK, 0))
                        .asSubclass(SocketChannel.class))
                .nameServerProvider(new SingletonDnsServerAddressStreamProvider(server))
                .resolveCache(NoopDnsCache.INSTANCE)
                .queryTimeoutMillis(Math.max(1, timeout.toMillis()))
                .build();
    }

    private static List<Answer> answers(
            Endpoint.Inet server, String name, AddressedEnvelope<? extends DnsResponse, InetSocketAddress> envelope)
            throws IOException {
        try {
            DnsResponse response = envelope.content();
            if (!response.code().equals(DnsResponseCode.NOERROR)) {
                throw new IOException("cannot resolve " + name + ": " + server + " says "
                        + response.code().toString().toLowerCase(Locale.ROOT));
            }
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
                DnsRecord answer = response.recordAt(DnsSection.ANSWER, i);
                answers.add(new Answer(answer.name(), answer.type().name(), answer.timeToLive(), data(answer)));
            }
            return answers;
        } catch (RuntimeException e) { // which one depends on what is wrong with the record
            throw new IOException("cannot resolve " + name + ": " + server + " sends an answer that cannot be read", e);
        } finally {
            envelope.release();
        }
    }

    private static String data(DnsRecord answer) {
        if (answer instanceof DnsPtrRecord pointer) {
            return pointer.hostname();
        }
        if (!(answer instanceof ByteBufHolder holder)) {
            return "";
        }
        ByteBuf rdata = holder.content().duplicate();
        return switch (answer.type().name()) {
            case "A", "AAAA" -> NetUtil.bytesToIpAddress(bytes(rdata, rdata.readableBytes()));
            case "CNAME", "NS", "PTR" -> DefaultDnsRecordDecoder.decodeName(rdata);
            case "MX" -> rdata.readUnsignedShort() + " " + DefaultDnsRecordDecoder.decodeName(rdata);
            case "SRV" ->
                rdata.readUnsignedShort() + " " + rdata.readUnsignedShort() + " " + rdata.readUnsignedShort() + " "
                        + DefaultDnsRecordDecoder.decodeName(rdata);
            case "TXT" -> texts(rdata);
            case "SOA" ->
                DefaultDnsRecordDecoder.decodeName(rdata) + " " + DefaultDnsRecordDecoder.decodeName(rdata) + " "
                        + rdata.readUnsignedInt() + " " + rdata.readUnsignedInt() + " " + rdata.readUnsignedInt() + " "
                        + rdata.readUnsignedInt() + " " + rdata.readUnsignedInt();
            default -> "\\# " + rdata.readableBytes(); // RFC 3597: of a type that is not known here
        };
    }

    /** Character strings, each behind its length, in quotes. */
    private static String texts(ByteBuf rdata) {
        List<String> texts = new ArrayList<>();
        while (rdata.isReadable()) {
            byte[] text = bytes(rdata, rdata.readUnsignedByte());
            texts.add('"' + new String(text, StandardCharsets.UTF_8).replace("\"", "\\\"") + '"');
        }
        return String.join(" ", texts);
    }

    private static byte[] bytes(ByteBuf from, int count) {
        byte[] bytes = new byte[count];
        from.readBytes(bytes);
        return bytes;
    }
}
