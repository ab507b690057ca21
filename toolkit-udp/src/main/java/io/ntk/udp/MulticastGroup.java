package io.ntk.udp;

import static java.util.Objects.requireNonNull;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A multicast group, and the interface on which it is joined.
 *
 * @param address a multicast address
 * @param networkInterface the interface's name, or null for the first that is up and can do multicast
 */
public record MulticastGroup(InetAddress address, @Nullable String networkInterface) {
    /** Checks that the address is one of multicast. */
    public MulticastGroup {
        requireNonNull(address, "address");
        if (!address.isMulticastAddress()) {
            throw new IllegalArgumentException("group: " + NetUtil.toAddressString(address) + " (" + EXPECTED + ")");
        }
        if (networkInterface != null && networkInterface.isEmpty()) {
            throw new IllegalArgumentException("interface: \"\" (expected: a name, such as eth0)");
        }
    }

    private static final String EXPECTED = "expected: a multicast address, 224.0.0.0 to 239.255.255.255 or ff00::/8";

    /**
     * Reads {@code GROUP} or {@code GROUP%INTERFACE}.
     *
     * @param text for example {@code 239.1.2.3%lo} or {@code ff15::1234%eth0}
     * @return the group
     * @throws IllegalArgumentException when it is none
     */
    public static MulticastGroup parse(String text) {
        int percent = text.indexOf('%');
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(percent < 0 ? text : text.substring(0, percent));
        if (bytes == null) {
            throw new IllegalArgumentException("group: \"" + text + "\" (" + EXPECTED + ")");
        }
        try {
            return new MulticastGroup(
                    InetAddress.getByAddress(bytes), percent < 0 ? null : text.substring(percent + 1));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    boolean isIpv4() {
        return address instanceof Inet4Address;
    }

    /** The interface to join on. */
    NetworkInterface resolve() throws IOException {
        if (networkInterface == null) {
            return first().orElseThrow(() -> new IOException("no interface is up; name one as " + this + "%lo"));
        }
        NetworkInterface found = NetworkInterface.getByName(networkInterface);
        if (found == null) {
            throw new IOException("there is no interface " + networkInterface + " (there are: " + names() + ")");
        }
        return found;
    }

    private Optional<NetworkInterface> first() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .filter(MulticastGroup::isUp)
                .filter(each -> each.inetAddresses().anyMatch(own -> own.getClass() == address.getClass()))
                .min(Comparator.comparing((NetworkInterface each) -> isLoopback(each))
                        .thenComparing(NetworkInterface::getIndex));
    }

    private static String names() throws SocketException {
        return String.join(
                ", ",
                NetworkInterface.networkInterfaces()
                        .map(NetworkInterface::getName)
                        .sorted()
                        .toList());
    }

    private static boolean isUp(NetworkInterface each) {
        try {
            return each.isUp() && (each.supportsMulticast() || each.isLoopback());
        } catch (SocketException e) {
            return false;
        }
    }

    private static boolean isLoopback(NetworkInterface each) {
        try {
            return each.isLoopback();
        } catch (SocketException e) {
            return true;
        }
    }

    /** The form that {@link #parse} reads. */
    @Override
    public String toString() {
        String text = NetUtil.toAddressString(address);
        return networkInterface == null ? text : text + "%" + networkInterface;
    }
}
