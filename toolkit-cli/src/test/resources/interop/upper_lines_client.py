"""Sends lines one after the other, waits for each answer before the next, on one connection. Arguments: PORT LINE…"""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as client:
    answers = client.makefile("r", encoding="utf-8", newline="\n")
    for line in sys.argv[2:]:
        client.sendall((line + "\n").encode())
        print(answers.readline().rstrip("\n"), flush=True)
