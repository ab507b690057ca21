"""The menu bot's server: greets, answers each choice, ends at "exit"."""

import socket

ANSWERS = {"1": "It is noon.", "2": "It is sunny."}

with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    server.listen(5)
    print("port", server.getsockname()[1], flush=True)
    while True:
        connection, address = server.accept()
        with connection:
            connection.sendall(b"Welcome! 1 time, 2 weather, exit\n")
            while True:
                choice = connection.recv(1024).decode().strip()
                if not choice or choice == "exit":
                    break
                connection.sendall((ANSWERS.get(choice, "What?") + "\n").encode())
