"""Half-duplex talk: hears a line, says a line, in turn, until "bye". Arguments: what it says, one after the other."""

import socket
import sys

with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    server.listen(1)
    print("port", server.getsockname()[1], flush=True)
    connection, address = server.accept()
    with connection:
        for answer in sys.argv[1:]:
            heard = connection.recv(1024).decode().strip()
            print("heard:", heard, flush=True)
            if heard == "bye":
                break
            connection.sendall((answer + "\n").encode())
