"""Upper case in the manner of the socketserver tutorial: one request, one answer, the connection ends."""

import socketserver


class Upper(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(self.request.recv(1024).strip().upper())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Upper) as server:
    print("port", server.server_address[1], flush=True)
    server.serve_forever()
