"""Passes one upload on, and says when its first DATA came: upload_proxy.py LISTEN-PORT SERVER-PORT."""
import socket
import struct
import sys
import threading
import time

PREAMBLE_BYTES = 8
OPEN, DATA = 0x10, 0x12


def relay(source, target):
    while chunk := source.recv(1 << 16):
        target.sendall(chunk)
    target.shutdown(socket.SHUT_WR)


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
client, _ = listener.accept()
start = time.monotonic()
server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
threading.Thread(target=relay, args=(server, client), daemon=True).start()

seen, at = b"", PREAMBLE_BYTES
while True:
    chunk = client.recv(1 << 16)
    now = time.monotonic()
    if not chunk:
        sys.exit("the client ended without DATA")
    server.sendall(chunk)
    seen += chunk
    kind = None
    while len(seen) >= at + 5 and kind != DATA:
        length, kind = struct.unpack_from(">IB", seen, at)
        if kind == OPEN:
            print(f"OPEN after {1000 * (now - start):.0f} ms", flush=True)
        if kind == DATA:
            offset, size = struct.unpack_from(">QI", seen, at + 12) if len(seen) >= at + 24 else (0, 0)
            print(f"DATA after {1000 * (now - start):.0f} ms: {size} bytes at {offset}", flush=True)
        at += 4 + length
    if kind == DATA:
        break
relay(client, server)
server.close()
