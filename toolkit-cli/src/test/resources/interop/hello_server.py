"""The first server of every tutorial: one client, one greeting, the end."""

import socket

with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    server.listen(1)
    print("port", server.getsockname()[1], flush=True)
    connection, address = server.accept()
    with connection:
        connection.send(b"Hello, client!")
