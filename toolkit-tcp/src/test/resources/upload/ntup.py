"""A client of NTUP/1 written from the specification alone: python3 ntup.py PORT COMMAND ..."""
import hashlib, hmac, os, socket, struct, sys

PREAMBLE = b"\x89NTUP\r\n\x1a"
HELLO, HELLO_ACK, AUTH, AUTH_OK = 1, 2, 3, 4
OPEN, OPENED, DATA, ACK, NAK, COMMIT, DONE, PUT, MKDIR, ABORT = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19
PING, PONG, GOAWAY, ERROR = 0x20, 0x21, 0x2E, 0x2F

TABLE = []
for n in range(256):
    c = n
    for _ in range(8):
        c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    TABLE.append(c)


def crc32c(data):
    c = 0xFFFFFFFF
    for b in data:
        c = TABLE[(c ^ b) & 0xFF] ^ (c >> 8)
    return c ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


class Client:
    def __init__(self, port, key=None):
        self.s = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.s.sendall(PREAMBLE)
        assert self.take(8) == PREAMBLE
        hello = self.frame(HELLO, 0, 0, struct.pack(">BBHQII", 1, 1, 0, 15, 262144, 4 << 20) + os.urandom(32))
        self.s.sendall(hello)
        kind, _, _, body = self.read()
        assert kind == HELLO_ACK, kind
        self.credit = struct.unpack(">I", body[28:32])[0]
        self.next = 1
        self.done = {}
        if key:
            ack = self.last
            digest = hashlib.sha256(PREAMBLE + PREAMBLE + hello + ack + bytes(32)).digest()
            self.s.sendall(self.frame(AUTH, 0, 0, hmac.new(key, b"NTUP1-c" + digest, "sha256").digest()))
            kind, _, _, body = self.read()
            if kind == ERROR:
                raise SystemExit("error %d" % struct.unpack(">H", body[:2]))
            assert kind == AUTH_OK
            assert body == hmac.new(key, b"NTUP1-s" + digest, "sha256").digest()

    @staticmethod
    def frame(kind, flags, stream, body):
        return struct.pack(">IBBHI", 8 + len(body), kind, flags, 0, stream) + body

    def take(self, n):
        out = b""
        while len(out) < n:
            part = self.s.recv(n - len(out))
            if not part:
                raise SystemExit("the server closed")
            out += part
        return out

    def read(self):
        head = self.take(4)
        rest = self.take(struct.unpack(">I", head)[0])
        self.last = head + rest
        kind, flags, _, stream = struct.unpack(">BBHI", rest[:8])
        return kind, flags, stream, rest[8:]

    def event(self):
        """The next frame that is not about credit, life or the end of a file."""
        while True:
            kind, flags, stream, body = self.read()
            if kind == ACK:
                self.credit += struct.unpack(">I", body[20:24])[0]
                if self.want_ack:
                    return kind, flags, stream, body
            elif kind == PING:
                self.s.sendall(self.frame(PONG, 0, 0, body))
            elif kind == DONE:
                self.entries(body)
                return kind, flags, stream, body
            elif kind != PONG:
                return kind, flags, stream, body

    want_ack = False

    def entries(self, body):
        (n,) = struct.unpack(">H", body[:2])
        at = 2
        for _ in range(n):
            stream, code, flags, alg, size, crc, dl, _, nl = struct.unpack(">IHBBQIBBH", body[at : at + 24])
            digest = body[at + 24 : at + 24 + dl]
            name = body[at + 24 + dl : at + 24 + dl + nl].decode()
            at += 24 + dl + nl
            self.done[stream] = (code, flags, size, crc, digest.hex(), name)

    def stream(self):
        n = self.next
        self.next += 2
        return n

    def fields(self, key, size, epoch, path, policy=255, durability=1, seg=262144):
        p = path.encode()
        return struct.pack(">16sQIHBBqIIHH", key, size, seg, 0o644, policy, durability, 1700000000, 0, epoch, 0, len(p)) + p

    def wait_credit(self, n):
        self.want_ack = True
        while self.credit < n:
            kind, _, _, body = self.event()
            assert kind == ACK, (kind, body)
        self.want_ack = False

    def data(self, stream, offset, payload):
        self.wait_credit(len(payload))
        self.credit -= len(payload)
        self.s.sendall(self.frame(DATA, 1, stream, struct.pack(">QII", offset, len(payload), crc32c(payload))) + payload)

    def open(self, key, size, epoch, path, flags=0, policy=255):
        stream = self.stream()
        self.s.sendall(self.frame(OPEN, flags, stream, self.fields(key, size, epoch, path, policy)))
        return stream

    def opened(self):
        ranges = []
        while True:
            kind, flags, _, body = self.event()
            if kind == ERROR:
                return {"error": struct.unpack(">H", body[:2])[0], "expected": struct.unpack(">Q", body[8:16])[0]}
            assert kind == OPENED, kind
            epoch, state, policy, _, seg, verified, contiguous, _ = struct.unpack(">IBBHIIQI", body[:28])
            at = 28
            while at < len(body):
                t, length = struct.unpack(">HH", body[at : at + 4])
                if t == 2:
                    for i in range(0, length, 8):
                        ranges.append(struct.unpack(">II", body[at + 4 + i : at + 12 + i]))
                at += 4 + length
            if not flags & 8:
                return {"state": state, "seg": seg, "verified": verified, "contiguous": contiguous, "ranges": ranges}

    def commit(self, stream, data):
        self.s.sendall(self.frame(COMMIT, 0, stream, struct.pack(">QBB", len(data), 1, 32) + hashlib.sha256(data).digest()))

    def finish(self, stream):
        while stream not in self.done:
            kind, _, at, body = self.event()
            if kind == ERROR:
                raise SystemExit("error %d %s" % (struct.unpack(">H", body[:2])[0], body[26:].decode()))
        return self.done[stream]


def send(client, key, data, path, epoch, limit=None):
    """Sends what is missing; with a limit as many segments, and no commit."""
    stream = client.open(key, len(data), epoch, path)
    state = client.opened()
    if "error" in state:
        return state
    if state["state"] >= 2:
        return client.finish(stream)
    have = {s for first, count in state["ranges"] for s in range(first, first + count)}
    seg, sent = state["seg"], 0
    for s in range((len(data) + seg - 1) // seg):
        if s not in have:
            if limit is not None and sent >= limit:
                return state
            client.data(stream, s * seg, data[s * seg : (s + 1) * seg])
            sent += 1
    if limit is not None:
        return state
    client.commit(stream, data)
    return client.finish(stream)


def main():
    port, what = int(sys.argv[1]), sys.argv[2]
    if what == "send":  # FILE NAME KEYHEX EPOCH [LIMIT]
        data = open(sys.argv[3], "rb").read()
        limit = int(sys.argv[7]) if len(sys.argv) > 7 else None
        client = Client(port)
        print(send(client, bytes.fromhex(sys.argv[5]), data, sys.argv[4], int(sys.argv[6]), limit))
        if limit is not None:  # until those are verified
            client.want_ack = True
            while client.credit < 8 << 20:
                client.event()
    elif what == "puts":  # COUNT
        client = Client(port)
        streams = []
        for i in range(int(sys.argv[3])):
            stream = client.stream()
            streams.append(stream)
            data = b"file %d" % i
            body = client.fields(struct.pack(">16s", b"put%d" % i), len(data), 1, "puts/%d.txt" % i, durability=2, seg=0)
            client.s.sendall(client.frame(PUT, 0, stream, body + struct.pack(">II", crc32c(data), len(data)) + data))
            client.credit -= len(data)
        print(sorted({client.finish(stream)[:2] for stream in streams}))
    elif what == "auth":  # KEY
        Client(port, sys.argv[3].encode())
        print("in")
    elif what == "early":  # a frame before AUTH
        client = Client(port)
        client.s.sendall(client.frame(PING, 0, 0, bytes(8)))
        kind, _, _, body = client.read()
        print("error", struct.unpack(">H", body[:2])[0])


if __name__ == "__main__":
    main()
