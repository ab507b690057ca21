"""Connects, sends one message without a line end, prints the one answer. Arguments: PORT MESSAGE ("" sends nothing)."""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as client:
    if sys.argv[2]:
        client.sendall(sys.argv[2].encode())
    print(client.recv(1024).decode(), flush=True)
