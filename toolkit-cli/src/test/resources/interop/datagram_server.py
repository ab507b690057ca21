"""The datagram server of every tutorial: prints what arrives, and answers in upper case. Ends at "exit"."""

import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 0))
    print("port", server.getsockname()[1], flush=True)
    while True:
        data, address = server.recvfrom(65536)
        print("got", data.decode(), flush=True)
        if data == b"exit":
            break
        server.sendto(data.upper(), address)
