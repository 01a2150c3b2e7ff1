"""hostile_turn.py - relays that take credentials and do ill with them.

A Relay does its duty (msturn.md 6 to 8) over UDP and TCP: challenge, grant,
packets both ways, active destination, release. A case names the stages that
do something else: a function of the talk and the request, which gives what is
said instead. What was granted and what was given back is noted in a file, so
that the lab can ask whether every end gives back what it took.
"""

import hashlib
import hmac
import os
import pathlib
import socket
import struct
import threading
import time

import hostile as h
import turn_client as turn

REALM, NONCE = b"rtcmedia", b"0123456789abcdef"
USERNAME, PASSWORD = bytes(range(52)), bytes(range(20))
RANGE = 50000
FLOOD = 30000  # messages: seconds of them
ESCAPES = h.ESCAPES.encode()


def sign(message, key):
    size = struct.pack(">H", len(message) - 20 + 24)
    message = message[:2] + size + message[4:]
    padded = message + bytes(-len(message) % 64)
    return message + struct.pack(">HH", turn.INTEGRITY, 20) + hmac.new(
        key, padded, hashlib.sha1).digest()


def flip(address, transaction):
    return address[:2] + bytes(
        a ^ b for a, b in zip(address[2:4], transaction)) + bytes(
        a ^ b for a, b in zip(address[4:], transaction))


def number(kind, value):
    return h.attribute(kind, struct.pack(">I", value))


class Talk:
    """One client of a relay, and what it has there."""

    def __init__(self, relay, client, put):
        self.relay, self.client, self.put = relay, client, put
        self.outlet = self.aim = None
        self.streams = {}

    # What is said when all is well

    def challenge(self, request, code=401, realm=REALM, nonce=NONCE, more=()):
        return h.allocate_error(
            request.transaction, h.error(code),
            number(turn.VERSION, 1), *more,
            h.attribute(turn.NONCE, nonce), h.attribute(turn.REALM, realm))

    def success(self, request, *attributes, kind=turn.SUCCESS, key=None):
        message = h.allocate_error(
            request.transaction, number(turn.VERSION, 1), *attributes,
            h.attribute(turn.SEQUENCE, bytes(24)), kind=kind)
        return sign(message, key or self.relay.key)

    def granted(self, request, place=None, lifetime=60, **how):
        """place: what is said to be the relay address; (): none is."""
        self.relay.note("granted", self.client)
        if place is None:
            place = self.open()
        address = [h.attribute(turn.MAPPED, place if isinstance(
            place, bytes) else turn.put_address(place))] if place else []
        return self.success(
            request, *address,
            h.attribute(turn.REFLEXIVE, flip(
                turn.put_address(self.client), request.transaction)),
            number(turn.LIFETIME, lifetime), **how)

    def allocate(self, request):
        if turn.INTEGRITY not in request:
            return "challenge", self.challenge
        if (turn.LIFETIME in request and not request.number(turn.LIFETIME)):
            self.relay.note("released", self.client)
            return "release", lambda r: self.success(
                r, number(turn.LIFETIME, 0))
        if self.relay.holds(self.client):
            return "refresh", self.granted
        return "grant", self.granted

    def aimed(self, request):
        self.aim = request.address(turn.TO)
        return self.success(request, kind=turn.DESTINATION_SUCCESS)

    # Packets

    def open(self):
        """A relayed port; what comes there goes to the client."""
        if self.outlet:
            return self.outlet.getsockname()
        kind = socket.SOCK_STREAM if self.relay.is_tcp else socket.SOCK_DGRAM
        self.outlet = socket.socket(socket.AF_INET, kind)
        self.outlet.bind((self.relay.address, 0))
        if not self.relay.is_tcp:
            threading.Thread(target=h.quietly, args=(self.listen,),
                             daemon=True).start()
        return self.outlet.getsockname()

    def listen(self):
        while True:
            data, source = self.outlet.recvfrom(65536)
            self.inward(data, source)

    def inward(self, data, source):
        if source == self.aim:
            self.say([(data, turn.PAYLOAD)])
        else:
            self.say([self.indication(data, source)])

    @staticmethod
    def indication(data, source=("192.0.2.1", 9)):
        return h.allocate_error(
            os.urandom(16), h.attribute(turn.REMOTE, turn.put_address(source)),
            h.attribute(turn.DATA, data), kind=turn.DATA_INDICATION)

    def outward(self, data, place):
        if not self.relay.is_tcp:
            if self.outlet:
                h.quietly(self.outlet.sendto, data, place)
            return
        if place not in self.streams:
            self.streams[place] = socket.create_connection(place, 2)
            threading.Thread(target=h.quietly, args=(self.pump, place),
                             daemon=True).start()
        self.streams[place].sendall(data)

    def pump(self, place):
        while data := self.streams[place].recv(1400):
            self.inward(data, place)

    def send(self, request):
        self.outward(request.attributes[turn.DATA], request.address(turn.TO))

    # What comes

    def say(self, answers):
        for answer in answers or ():
            octets, kind = (answer if isinstance(answer, tuple)
                            else (answer, turn.CONTROL))
            self.put(octets, kind)

    def hear(self, octets, kind=turn.CONTROL):
        if kind == turn.PAYLOAD or octets[20:28] != turn.COOKIE:
            if self.aim:
                h.quietly(self.outward, octets, self.aim)
            return
        request = turn.Message(octets)
        stage, duty = {
            turn.ALLOCATE: lambda: self.allocate(request),
            turn.SEND: lambda: ("send", self.send),
            turn.DESTINATION: lambda: ("aim", self.aimed),
        }[request.kind]()
        if stage in self.relay.turns:
            self.say(self.relay.turns[stage](self, request))
        else:
            said = duty(request)
            self.say([said] if said else ())


class Relay:
    def __init__(self, address, files, turns, is_tcp):
        self.address, self.turns, self.is_tcp = address, turns, is_tcp
        self.key = hashlib.md5(USERNAME + b":" + REALM + b":"
                               + PASSWORD).digest()
        self.notes = pathlib.Path(files, f"{address}.notes")
        self.held = set()
        self.sent_on = 0

    def note(self, what, client):
        (self.held.add if what == "granted" else self.held.discard)(client)
        with open(self.notes, "a", encoding="ascii") as notes:
            notes.write(f"{what} {client[0]}:{client[1]}\n")

    def holds(self, client):
        return client in self.held

    def serve(self, port):
        if self.is_tcp:
            h.serve_tcp(self.address, port, self.serve_stream)
        else:
            threading.Thread(target=self.serve_datagrams, args=(port,),
                             daemon=True).start()

    def serve_datagrams(self, port):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((self.address, port))
        talks = {}
        while True:
            octets, client = server.recvfrom(65536)
            if client not in talks:
                talks[client] = Talk(self, client, lambda said, kind, to=client:
                                     h.quietly(server.sendto, said, to))
            # a flood to one keeps no other waiting, nor its end
            threading.Thread(target=h.quietly, args=(
                talks[client].hear, octets), daemon=True).start()

    def serve_stream(self, connection):
        if h.take(connection, 50)[:5] != turn.CLIENT_HELLO[:5]:
            return
        connection.sendall(h.SERVER_HELLO)
        talk = Talk(self, connection.getpeername(), lambda said, kind: (
            connection.sendall(h.frame(said, kind) if kind else said)))
        talk.connection = connection
        try:
            while True:
                kind, _, length = struct.unpack(">BBH", h.take(connection, 4))
                talk.hear(h.take(connection, length), kind)
        finally:  # what was granted goes with the connection
            self.note("released", talk.client)


def left(notes):
    """Clients that were granted something and never gave it back."""
    path = pathlib.Path(notes)
    lines = path.read_text(encoding="ascii").split("\n") if (
        path.exists()) else []
    return ({line.split()[1] for line in lines if line.startswith("granted")}
            - {line.split()[1] for line in lines
               if line.startswith("released")})


def write_credentials(files):
    path = pathlib.Path(files, "credentials")
    path.touch(0o600)
    encode = turn.base64.b64encode
    path.write_text(f"username = {encode(USERNAME).decode()}\n"
                    f"password = {encode(PASSWORD).decode()}\n",
                    encoding="ascii")
    return path


# What a stage may do instead

def nothing(talk, request):
    """Says nothing."""


def grants_silently(talk, request):
    """The answer is lost."""
    talk.granted(request)


def challenged(**how):
    """The same challenge again, or how it differs; functions are asked."""
    def act(talk, request):
        return [talk.challenge(request, **{
            key: value() if callable(value) else value
            for key, value in how.items()})]
    return act


def fresh():
    return os.urandom(16).hex().encode()


def refused(code, reason="no", kind=turn.ERROR):
    def act(talk, request):
        return [h.allocate_error(request.transaction, h.error(code, reason),
                                 kind=kind)]
    return act


def sent_to(*places, code=300):
    """Try Alternate: these in turn, a function of our address each."""
    def act(talk, request):
        talk.relay.sent_on += 1
        place = places[talk.relay.sent_on % len(places)](talk.relay)
        return [talk.challenge(request, code=code, more=[h.attribute(
            turn.ALTERNATE, turn.put_address(place))])]
    return act


def at(address, port=None):
    """Without a port the one that serves the transport."""
    return lambda relay: (address or relay.address,
                          port or (443 if relay.is_tcp else 3478))


def grants(**how):
    def act(talk, request):
        return [talk.granted(request, **how)]
    return act


def grants_own(talk, request):
    """The client's own address as the relay's."""
    return [talk.granted(request, place=talk.client)]


def twice(talk, request):
    return [talk.granted(request), talk.granted(request)]


def raw(octets):
    """Bytes on the stream, without a frame of ours."""
    return octets, 0


def with_flood(make, before=False):
    """The duty, and a flood before or after it."""
    def act(talk, request):
        answer = talk.granted(request)
        flood = (make(talk) for _ in range(FLOOD))
        if before:
            yield from (make(talk) for _ in range(300))
            yield answer
        else:
            yield answer
            yield from flood
    return act


def forged(talk):
    """An echo packet as ours look, with a hash that nobody made."""
    return talk.indication(b"\xffedgepr\x01\x02" + bytes(63))


def empty(talk):
    return talk.indication(b"")


def payload(talk):
    return b"\xffedgepr\x01\x02" + bytes(63), turn.PAYLOAD


def aim_answered(kind, *, flood=None, code=None):
    def act(talk, request):
        if code:
            return [h.allocate_error(request.transaction, h.error(code),
                                     kind=kind)]
        talk.aim = request.address(turn.TO)
        return (flood(talk) for _ in range(FLOOD))
    return act


def repeats_questions(talk, request):
    """Every packet a hundred times to the peer."""
    for _ in range(100):
        talk.send(request)


def floods_peer(data):
    def act(talk, request):
        talk.send(request)
        place = request.address(turn.TO)
        for _ in range(FLOOD):
            h.quietly(talk.outward, data, place)
    return act


def calls_often(talk, request):
    """Many connections to the listener of the client before the right one."""
    place = request.address(turn.TO)
    for _ in range(5):
        with socket.create_connection(place, 2) as stranger:
            h.quietly(stranger.sendall, b"\xff" * 99)
    talk.send(request)


def calls_first(talk, request):
    """A stranger holds a connection to the listener, and says nothing."""
    place = request.address(turn.TO)
    if not hasattr(talk, "stranger"):
        talk.stranger = socket.create_connection(place, 2)
        time.sleep(0.02)
    talk.send(request)


def closes(talk, request):
    raise EOFError


def resets(talk, request):
    h.reset_now(talk.connection)
    raise EOFError


def grants_and(then):
    def act(talk, request):
        yield talk.granted(request)
        yield from then(talk, request) or ()
    return act


def in_bits(talk, request):
    """One byte of the frame at a time."""
    for byte in h.frame(talk.granted(request)):
        yield raw(bytes([byte]))


def in_one_piece(talk, request):
    """More frames at once than are handled in one go, the answer last."""
    yield raw(h.frame(talk.indication(b"x")) * 200
              + h.frame(talk.granted(request)))


def stream_flood(block):
    def act(talk, request):
        while True:
            yield raw(block)
    return act


def half_a_frame(talk, request):
    yield raw(h.frame(talk.granted(request))[:30])


def says(octets):
    return lambda talk, request: [raw(octets)]


# title: (stages, outcome of the observation that TABLES names)
SMALL = h.frame(b"", turn.PAYLOAD)
BOTH = {
    "mute-to-credentials": ({"grant": grants_silently, "refresh": nothing,
                             "release": nothing}, "no-reply"),
    "mute-after-the-grant": ({"send": nothing, "aim": nothing,
                              "refresh": nothing, "release": nothing},
                             "answered"),
    "new-realms-for-ever": ({"grant": challenged(realm=fresh, nonce=fresh)},
                            "answered"),
    "stale-for-ever": ({"grant": challenged(code=438, nonce=fresh)},
                       "answered"),
    "sent-to-itself": ({"challenge": sent_to(at(None))}, "answered"),
    "sent-to-loopback": ({"challenge": sent_to(at("127.0.0.1"))},
                         "answered"),
    "sent-to-nowhere": ({"challenge": sent_to(at("0.0.0.0"))}, "answered"),
    "sent-to-everybody": ({"challenge": sent_to(at("255.255.255.255"))},
                          "answered"),
    "sent-to-a-group": ({"challenge": sent_to(at("224.0.0.1"))}, "answered"),
    "sent-to-port-0": ({"challenge": lambda talk, request: [talk.challenge(
        request, code=300, more=[h.attribute(
            turn.ALTERNATE, bytes([0, 1, 0, 0, 192, 0, 2, 1]))])]},
        "answered"),
    "sent-inside": ({"challenge": sent_to(at("10.99.99.99"))},
                    "no-reply unreachable"),
    "sent-to-nobody": ({"challenge": sent_to(at("192.0.2.250", 9))},
                       "no-reply refused unreachable"),
    "sent-to-the-other-family": (
        {"challenge": sent_to(at("2001:db8::99"))}, "answered"),
    "long-realm": ({"challenge": challenged(realm=b"r" * 60000)},
                   "answered"),
    "long-nonce": ({"challenge": challenged(nonce=b"n" * 60000)},
                   "answered"),
    "empty-realm-and-nonce": ({"challenge": challenged(realm=b"", nonce=b"")},
                              "answered"),
    "realm-of-escapes": ({"challenge": challenged(realm=ESCAPES,
                                                  nonce=ESCAPES)},
                         "answered"),
    "grant-without-address": ({"grant": grants(place=())}, "garbled"),
    "grant-of-port-0": ({"grant": grants(place=bytes(
        [0, 1, 0, 0, 192, 0, 2, 1]))}, "garbled"),
    "grant-of-an-unknown-family": ({"grant": grants(place=bytes(
        [0, 9, 1, 1, 192, 0, 2, 1]))}, "garbled"),
    "grant-of-everybody": ({"grant": grants(
        place=("255.255.255.255", RANGE))}, "answered"),
    "grant-of-ourselves": ({"grant": grants_own}, "answered"),
    "lifetime-0": ({"grant": grants(lifetime=0)}, "answered"),
    "lifetime-of-ages": ({"grant": grants(lifetime=0xffffffff)}, "answered"),
    "integrity-wrong": ({"grant": grants(key=b"another key.....")},
                        "answered"),
    "granted-twice": ({"grant": twice}, "answered"),
    "forged-before-the-grant": ({"grant": with_flood(forged, True)},
                                "answered"),
    "forged-for-ever": ({"grant": with_flood(forged)}, "answered"),
    "empty-data-for-ever": ({"grant": with_flood(empty)}, "answered"),
    "payload-for-ever": ({"grant": with_flood(payload)}, "answered"),
    "reason-escapes": ({"grant": refused(486, h.ESCAPES)}, "answered"),
    "release-refused": ({"release": refused(600)}, "answered"),
}
# The same, of the path and of the end
PATH = {
    "no-destination": ({"aim": aim_answered(turn.DESTINATION_ERROR,
                                            code=440)}, "answered"),
    "destination-unanswered": ({"aim": nothing}, "answered"),
    "destination-flooded": ({"aim": aim_answered(0, flood=forged)},
                            "answered"),
    "questions-repeated": ({"send": repeats_questions}, "answered"),
    "nothing-sent": ({"send": nothing}, "no-reply local"),
}
DATAGRAMS_PATH = {
    "peer-flooded": ({"send": floods_peer(b"\xffedgepr\x01\x01" + bytes(63))},
                     "answered no-reply"),
}
STREAMS_PATH = {
    "peer-flooded": ({"send": floods_peer(
        struct.pack(">H", 72) + b"\xffedgepr\x01\x01" + bytes(63))},
        "answered no-reply"),
    "garbage-to-the-peer": ({"send": floods_peer(b"\xff" * 1400)},
                            "answered no-reply"),
    "peer-called-often": ({"send": calls_often}, "answered"),
    "peer-called-by-a-stranger": ({"send": calls_first}, "answered"),
}
DATAGRAMS = {
    "challenged-and-sent-to-loopback": (
        {"challenge": sent_to(at("127.0.0.1"), code=401)}, "answered"),
    "challenged-and-sent-to-the-other-family": (
        {"challenge": sent_to(at("2001:db8::99"), code=401)}, "answered"),
    "challenged-and-sent-to-a-group": (
        {"challenge": sent_to(at("224.0.0.1"), code=401)}, "answered"),
    "sent-in-a-ring": ({"challenge": sent_to(
        at(None, 3479), at(None, 3478), code=300)}, "answered"),
}
STREAMS = {
    "sent-in-a-ring": ({"challenge": sent_to(
        at(None, 444), at(None, 443), code=300)}, "answered"),
    "grant-in-bits": ({"grant": in_bits}, "answered"),
    "200-frames-in-one-piece": ({"grant": in_one_piece}, "answered"),
    "half-a-frame": ({"grant": half_a_frame}, "no-reply"),
    "64k-frame": ({"grant": says(h.frame(bytes(65535)))}, "no-reply"),
    "64k-payload": ({"grant": says(h.frame(bytes(65535), turn.PAYLOAD))},
                    "no-reply"),
    "empty-payload-for-ever": ({"grant": stream_flood(SMALL * 4096)},
                               "no-reply"),
    "payload-for-ever-alone": ({"grant": stream_flood(
        h.frame(bytes(1000), turn.PAYLOAD) * 16)}, "no-reply"),
    "no-frames": ({"grant": says(b"\xff" * 99)}, "garbled"),
    "closes-at-credentials": ({"grant": closes}, "closed"),
    "resets-at-credentials": ({"grant": resets}, "reset"),
}
STREAMS_GONE = {
    "closes-after-the-grant": ({"grant": grants_and(closes)}, "closed reset"),
    "resets-after-the-grant": ({"grant": grants_and(resets)}, "reset"),
    "closes-at-the-first-packet": ({"send": closes}, "closed reset"),
    "closes-at-the-destination": ({"aim": closes}, "closed reset"),
    "noise-after-the-grant": ({"grant": grants_and(says(b"\xff" * 99))},
                              "garbled"),
}
TABLES = (  # observation, is it over TCP, cases
    ("msturn-relay", False, BOTH | DATAGRAMS),
    ("relay-path", False, PATH | DATAGRAMS_PATH),
    ("msturn-release", False, {
        "mute-at-the-end": ({"refresh": nothing, "release": nothing},
                            "no-reply"),
        "refresh-refused": ({"refresh": refused(437)}, "answered"),
    }),
    ("msturn-relay-tcp", True, BOTH | STREAMS),
    ("relay-path-tcp", True, PATH | STREAMS_PATH | STREAMS_GONE),
    ("msturn-release", True, {
        "closes-at-the-release": ({"release": closes}, "closed"),
        "closes-at-the-refresh": ({"refresh": closes}, "closed"),
    }),
)


def start(address, files, turns, is_tcp):
    relay = Relay(address, files, turns, is_tcp)
    for port in (443, 444) if is_tcp else (3478, 3479):
        relay.serve(port)
