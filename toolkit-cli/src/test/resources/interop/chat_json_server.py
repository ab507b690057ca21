"""A chat in the plain and json formats, as short as can be: rooms, nicks, history. Argument: the port."""
import json
import os
import socket
import sys
import threading
import time

run = os.urandom(4).hex()
lock = threading.RLock()
members = []
rooms = {}


class Member:
    def __init__(self, connection, nick):
        self.connection, self.nick, self.room, self.json = connection, nick, "lobby", False

    def tell(self, message):
        kind, text = message["type"], message.get("text", "")
        if self.json:
            line = json.dumps(message, ensure_ascii=False)
        elif kind == "message":
            line = "[14:32:47] <%s> %s" % (message["from"], text)
        else:
            line = "* %s %s %s" % (message.get("from", ""), kind, text)
        try:
            self.connection.sendall((line + "\n").encode())
        except OSError:
            pass

    def reply(self, kind, text):
        self.tell({"v": 1, "time": now(), "room": self.room, "type": kind, "text": text})

    def happens(self, kind, text=""):
        with lock:
            history = rooms.setdefault(self.room, [])
            message = {"v": 1, "time": now(), "run": run, "seq": len(history) + 1, "room": self.room,
                       "type": kind, "from": self.nick, "text": text}
            history.append(message)
            for member in members:
                echo = member is not self or member.json
                if member.room == self.room and echo:
                    member.tell(message)

    def replay(self):
        for message in rooms.get(self.room, [])[-50:]:
            self.tell(message)


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


def obey(member, line):
    command, _, argument = line.partition(" ")
    if command == "/quit":
        return False
    with lock:
        if command == "/format":
            member.json = argument == "json"
            member.reply("reply", "the format is " + argument)
        elif command == "/nick":
            member.happens("nick", argument)
            member.nick = argument
        elif command == "/join":
            member.happens("leave")
            member.room = argument
            member.replay()
            member.happens("join")
        elif command == "/history":
            member.replay()
        elif command == "/who":
            member.reply("reply", ", ".join(each.nick for each in members))
        elif command == "/ping":
            member.reply("reply", "pong")
        elif command.startswith("/"):
            member.reply("error", "unknown command " + command)
        else:
            member.happens("message", line)
    return True


def serve(connection, number):
    member = Member(connection, "guest-%d" % number)
    with lock:
        member.replay()
        members.append(member)
        member.happens("join")
    try:
        with connection.makefile("r", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                if not obey(member, line.rstrip("\r\n")):
                    break
    except OSError:
        pass
    with lock:
        members.remove(member)
        member.happens("leave")
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
for number in range(1, 1000):
    accepted, address = listener.accept()
    threading.Thread(target=serve, args=(accepted, number), daemon=True).start()
