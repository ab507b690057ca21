"""The menu bot's client: reads the greeting first, then sends choices without line ends. Arguments: PORT CHOICE…"""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as client:
    print(client.recv(4096).decode(), flush=True)
    for choice in sys.argv[2:]:
        client.sendall(choice.encode())
        answer = client.recv(4096)
        if not answer:
            print("(closed)", flush=True)
            break
        print(answer.decode(), flush=True)
