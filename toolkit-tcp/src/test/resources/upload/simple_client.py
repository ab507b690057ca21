"""The client of the tutorials: name|size, any answer, 1,024 bytes at a time; several files on one connection."""
import os, socket, sys

s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
for path in sys.argv[2:]:
    s.sendall(f"{os.path.basename(path)}|{os.path.getsize(path)}".encode())
    answer = s.recv(1024)
    if answer.startswith(b"error "):
        print(answer.decode(), end="")
        sys.exit(1)
    with open(path, "rb") as f:
        while chunk := f.read(1024):
            s.sendall(chunk)
s.shutdown(socket.SHUT_WR)
print(s.recv(1024))
