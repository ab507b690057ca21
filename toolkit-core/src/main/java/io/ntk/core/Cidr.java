package io.ntk.core;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * A block of addresses in the notation of RFC 4632: {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or one address.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4632">RFC 4632</a>
 */
public final class Cidr {
    private final byte[] network;
    private final int prefix;

    private Cidr(byte[] network, int prefix) {
        this.network = network;
        this.prefix = prefix;
    }

    /**
     * Reads an address or a block. Names are not looked up. Bits behind the prefix are ignored; an IPv4 address written
     * as IPv6 ({@code ::ffff:10.0.0.1}) is IPv4.
     *
     * @param text for example {@code 127.0.0.1} or {@code fe80::/10}
     * @return the block
     * @throws IllegalArgumentException when it is neither
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String host = slash < 0 ? text : text.substring(0, slash);
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
        if (address == null) {
            throw malformed(text);
        }
        int bits = address.length * 8;
        int prefix = slash < 0 ? bits : number(text, text.substring(slash + 1));
        if (prefix > bits) {
            throw malformed(text);
        }
        try {
            byte[] plain = InetAddress.getByAddress(address).getAddress();
            int mapped = (address.length - plain.length) * 8;
            if (prefix < mapped) {
                throw malformed(text);
            }
            return new Cidr(masked(plain, prefix - mapped), prefix - mapped);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    /**
     * Tells whether an address lies in this block.
     *
     * @param address IPv4 or IPv6; one family never lies in a block of the other
     * @return whether it does
     */
    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == network.length && Arrays.equals(masked(bytes, prefix), network);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Cidr cidr && prefix == cidr.prefix && Arrays.equals(network, cidr.network);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(network) * 31 + prefix;
    }

    @Override
    public String toString() {
        return NetUtil.bytesToIpAddress(network) + "/" + prefix;
    }

    private static byte[] masked(byte[] address, int prefix) {
        byte[] out = address.clone();
        for (int i = 0; i < out.length; i++) {
            int keep = Math.max(0, Math.min(8, prefix - i * 8));
            out[i] &= (byte) (0xff00 >> keep);
        }
        return out;
    }

    private static int number(String text, String digits) {
        if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw malformed(text);
        }
        return Integer.parseInt(digits);
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "address: \"" + text + "\" (expected: an IPv4 or IPv6 address, or a block such as 10.0.0.0/8)");
    }
}
