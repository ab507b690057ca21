"""Select on two ports: says on which one a client came in, and echoes one message."""

import select
import socket

servers = []
for _ in range(2):
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(5)
    servers.append(server)
print("port", *[server.getsockname()[1] for server in servers], flush=True)

clients = {}
while True:
    ready, _, _ = select.select(servers + list(clients), [], [])
    for one in ready:
        if one in servers:
            connection, _ = one.accept()
            clients[connection] = servers.index(one) + 1
        else:
            data = one.recv(1024)
            if data:
                one.sendall(b"port %d: " % clients[one] + data)
            else:
                del clients[one]
                one.close()
