"""Upper case line by line until the client ends its input (socketserver, StreamRequestHandler)."""

import socketserver


class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Upper) as server:
    print("port", server.server_address[1], flush=True)
    server.serve_forever()
