"""A receiver as tutorials have it: NAME|SIZE, any answer, SIZE bytes; it keeps nothing but what it prints."""
import socket
import sys

listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], flush=True)
client, _ = listener.accept()
while True:
    header = client.recv(1024).decode()
    if not header:
        break
    name, size = header.strip().split("|")
    client.sendall(sys.argv[1].encode())
    left = int(size)
    while left > 0:
        part = client.recv(min(left, 4096))
        if not part:
            sys.exit(0)
        left -= len(part)
    print(name, size, flush=True)
client.close()
