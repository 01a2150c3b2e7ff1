"""turn_client.py - an MSTURN client for the labs, apart from edgeprobe's.

Written from msturn.md sections 2 to 8 alone, so that a misreading of ours
shows: messages, integrity, pseudo-TLS, frames, and what can be asked of a
relay. Every wait ends after PATIENCE_S, or SILENCE_S where nothing should
come.
"""

import base64
import hashlib
import hmac
import ipaddress
import os
import pathlib
import socket
import struct
import time

PATIENCE_S = 10
SILENCE_S = 0.2
COOKIE = bytes.fromhex("000f000472c64bc6")
ALLOCATE, SEND, DESTINATION = 0x0003, 0x0004, 0x0006
SUCCESS, ERROR, DATA_INDICATION = 0x0103, 0x0113, 0x0115
DESTINATION_SUCCESS, DESTINATION_ERROR = 0x0106, 0x0116
MAPPED, USERNAME, INTEGRITY, CODE, LIFETIME, ALTERNATE = 1, 6, 8, 9, 13, 14
BANDWIDTH, TO, REMOTE, DATA, NONCE, REALM = 16, 17, 18, 19, 20, 21
FAMILY, VERSION, REFLEXIVE, SEQUENCE = 0x17, 0x8008, 0x8020, 0x8050
ALTERNATE_MAPPED = 0x8090
CLIENT_HELLO = (bytes.fromhex("160301002d010000290301") + bytes(32)
                + bytes.fromhex("00000200180100"))
SERVER_HELLO_BYTES = 83
CONTROL, PAYLOAD = 2, 3


def read_credentials(path):
    """(username, password) of a credentials file, binary."""
    lines = dict(line.split(" = ", 1) for line in pathlib.Path(
        path).read_text(encoding="ascii").splitlines())
    return (base64.b64decode(lines["username"], validate=True),
            base64.b64decode(lines["password"], validate=True))


def put_address(place):
    address = ipaddress.ip_address(place[0])
    return struct.pack(">BBH", 0, 1 if address.version == 4 else 2,
                       place[1]) + address.packed


def take_address(value, mask=bytes(16)):
    port = struct.unpack(">H", value[2:4])[0] ^ int.from_bytes(mask[:2],
                                                               "big")
    octets = bytes(a ^ b for a, b in zip(value[4:], mask))
    return str(ipaddress.ip_address(octets)), port


class Message:
    """A message as it came; attributes by their number, the first of each."""

    def __init__(self, octets):
        self.octets = octets
        self.kind, length = struct.unpack(">HH", octets[:4])
        self.transaction = octets[4:20]
        if length != len(octets) - 20 or octets[20:28] != COOKIE:
            raise ValueError(f"not a message: {octets.hex()}")
        self.attributes, at = {}, 20
        self.hashed = None
        while at < len(octets):
            number, size = struct.unpack(">HH", octets[at:at + 4])
            if number == INTEGRITY:
                self.hashed = octets[:at]
            self.attributes.setdefault(number, octets[at + 4:at + 4 + size])
            at += 4 + size

    def __contains__(self, number):
        return number in self.attributes

    def address(self, number):
        mask = self.transaction if number == REFLEXIVE else bytes(16)
        value = self.attributes.get(number)
        return value and take_address(value, mask)

    def number(self, number):
        return int.from_bytes(self.attributes[number], "big")

    def code(self):
        value = self.attributes.get(CODE)
        return value and value[2] * 100 + value[3]

    def is_proven(self, key):
        """Section 6.2: the text is filled up with zeros, which are hashed."""
        padded = self.hashed + bytes(-len(self.hashed) % 64)
        return hmac.compare_digest(
            hmac.new(key, padded, hashlib.sha1).digest(),
            self.attributes[INTEGRITY])


def encode(kind, attributes, key=None):
    body = COOKIE + b"".join(struct.pack(">HH", number, len(value)) + value
                             for number, value in attributes)
    size = len(body) + (24 if key else 0)
    message = struct.pack(">HH", kind, size) + os.urandom(16) + body
    if key:
        padded = message + bytes(-len(message) % 64)
        message += struct.pack(">HH", INTEGRITY, 20) + hmac.new(
            key, padded, hashlib.sha1).digest()
    return message


class Line:
    """The way to a relay: says and hears (is it a message, octets)."""

    def __init__(self, relay):
        self.relay = relay

    def fresh(self, kind):
        family = socket.AF_INET6 if ":" in self.relay[0] else socket.AF_INET
        self.socket = socket.socket(family, kind)
        self.socket.settimeout(PATIENCE_S)
        self.from_ = None

    def here(self):
        return self.socket.getsockname()[:2]

    def close(self):
        self.socket.close()


class UdpLine(Line):
    def __init__(self, relay):
        super().__init__(relay)
        self.fresh(socket.SOCK_DGRAM)
        route = socket.socket(self.socket.family, socket.SOCK_DGRAM)
        with route:
            route.connect(relay)
            self.socket.bind((route.getsockname()[0], 0))

    def say(self, octets, is_message=True):
        del is_message  # it shows
        self.socket.sendto(octets, self.relay)

    def hear(self, patience_s=PATIENCE_S):
        self.socket.settimeout(patience_s)
        octets, source = self.socket.recvfrom(65536)
        self.from_ = source[:2]
        return octets[20:28] == COOKIE, octets


class TcpLine(Line):
    def __init__(self, relay):
        super().__init__(relay)
        self.fresh(socket.SOCK_STREAM)
        self.socket.connect(relay)
        self.buffer = b""
        self.socket.sendall(CLIENT_HELLO)
        hello = self.take(SERVER_HELLO_BYTES)
        if not hello.startswith(bytes.fromhex("160301004e02")):
            raise ValueError(f"no pseudo-TLS: {hello.hex()}")

    def fill(self, count):
        while len(self.buffer) < count:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.buffer += more

    def take(self, count):
        self.fill(count)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def say(self, octets, is_message=True):
        self.socket.sendall(struct.pack(
            ">BBH", CONTROL if is_message else PAYLOAD, 0, len(octets))
            + octets)

    def hear(self, patience_s=PATIENCE_S):
        self.socket.settimeout(patience_s)
        self.fill(4)
        kind, _, length = struct.unpack(">BBH", self.buffer[:4])
        octets = self.take(4 + length)[4:]
        return kind == CONTROL, octets


class Client:
    """One client of a relay, with credentials (username, password)."""

    def __init__(self, line, credentials):
        self.line = line
        self.username, self.password = credentials
        self.realm = self.nonce = self.sequence = None
        self.heard = []

    def key(self):
        return hashlib.md5(self.username + b":" + self.realm + b":"
                           + self.password).digest()

    def hear(self, patience_s=PATIENCE_S):
        """The next thing that came: a Message, or payload as bytes."""
        is_message, octets = self.line.hear(patience_s)
        return Message(octets) if is_message else octets

    def exchange(self, message):
        """Asks, and gives the answer; what else comes is kept."""
        self.line.say(message)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = self.hear()
            if isinstance(answer, Message) and (
                    answer.transaction == message[4:20]):
                return answer
            self.heard.append(answer)
        raise TimeoutError("no answer")

    def challenge(self, version=1):
        answer = self.exchange(encode(ALLOCATE, [
            (VERSION, struct.pack(">I", version))]))
        self.realm = answer.attributes[REALM]
        self.nonce = answer.attributes[NONCE]
        return answer

    def numbered(self):
        """Section 4.2: the connection's id, and the next number."""
        if not self.sequence:
            return []
        self.sequence = self.sequence[0], self.sequence[1] + 1
        return [(SEQUENCE, self.sequence[0]
                 + struct.pack(">I", self.sequence[1]))]

    def allocate(self, lifetime=None, version=1, family=None, without=()):
        """Challenge, where there was none yet, and Allocate."""
        if self.nonce is None:
            self.challenge()
        attributes = [(VERSION, struct.pack(">I", version)),
                      *self.numbered()]
        if lifetime is not None:
            attributes.append((LIFETIME, struct.pack(">I", lifetime)))
        if family:
            attributes.append((FAMILY, bytes([family, 0, 0, 0])))
        attributes += [(USERNAME, self.username), (NONCE, self.nonce),
                       (REALM, self.realm)]
        answer = self.exchange(encode(ALLOCATE, [
            one for one in attributes if one[0] not in without], self.key()))
        if answer.kind == SUCCESS and SEQUENCE in answer and lifetime != 0:
            value = answer.attributes[SEQUENCE]
            self.sequence = value[:20], int.from_bytes(value[20:], "big")
        return answer

    def release(self):
        return self.allocate(lifetime=0)

    def authentic(self, kind, *attributes):
        return encode(kind, [
            (VERSION, struct.pack(">I", 1)), *self.numbered(),
            (USERNAME, self.username), *attributes], self.key())

    def send(self, place, data):
        self.line.say(self.authentic(SEND, (TO, put_address(place)),
                                     (DATA, data)))

    def aim(self, place):
        return self.exchange(self.authentic(DESTINATION,
                                            (TO, put_address(place))))

    def is_silent(self):
        try:
            self.heard.append(self.hear(SILENCE_S))
            return False
        except TimeoutError:
            return True

    def indication(self):
        """(remote address, data) of the next thing, a Data Indication."""
        message = self.hear()
        if not isinstance(message, Message) or (
                message.kind != DATA_INDICATION):
            raise ValueError(f"no Data Indication: {message}")
        return message.address(REMOTE), message.attributes[DATA]
