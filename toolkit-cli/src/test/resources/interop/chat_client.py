"""A chat client in the manner of the tutorials: says that it is ready, prints in one thread what it hears, sends what is
typed in the other until quit. Argument: PORT."""

import socket
import sys
import threading

client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
client.sendall(b"I'm ready.\n")


def hear():
    while True:
        heard = client.recv(1024)
        if not heard:
            print("(gone)", flush=True)
            return
        print(heard.decode(), end="", flush=True)


listener = threading.Thread(target=hear)
listener.start()
for line in sys.stdin:
    client.sendall(line.encode())
    if line.strip() == "quit":
        break
listener.join(20)
client.close()
