"""The datagram client of every tutorial: sends each line until "exit", prints what comes back. Argument: PORT"""

import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(20)
    for line in sys.stdin:
        text = line.rstrip("\n")
        if text == "exit":
            break
        client.sendto(text.encode(), ("127.0.0.1", int(sys.argv[1])))
        print(client.recvfrom(65536)[0].decode(), flush=True)
