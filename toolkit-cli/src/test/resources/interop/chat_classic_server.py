"""A chat as tutorials write it: a thread for each client, a dictionary of clients, a lock. Every line goes to all,
with a header and an empty line behind it; "quit" or a blank line leaves."""
import socket
import threading
import time

clients = {}
lock = threading.Lock()


def broadcast(text):
    with lock:
        for connection in list(clients.values()):
            try:
                connection.sendall(text.encode())
            except OSError:
                pass


def serve(connection, name):
    with lock:
        clients[name] = connection
    print("joined", flush=True)
    with connection, connection.makefile("r", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            line = line.strip()
            if line == "quit" or not line:
                print("blank" if not line else "quit", flush=True)
                break
            print("heard " + line, flush=True)
            stamp = time.strftime("%Y/%m/%d %H:%M:%S")
            broadcast(stamp + " " + name + "\n" + line + "\n\n")
        with lock:
            del clients[name]
    print("left", flush=True)


listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], flush=True)
while True:
    accepted, address = listener.accept()
    threading.Thread(target=serve, args=(accepted, "%s:%d" % address), daemon=True).start()
