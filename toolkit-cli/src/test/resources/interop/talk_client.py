"""Half-duplex talk from the other side: says a line, hears a line, in turn. Arguments: PORT LINE…"""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as client:
    for line in sys.argv[2:]:
        client.sendall((line + "\n").encode())
        print("heard:", client.recv(1024).decode().strip(), flush=True)
