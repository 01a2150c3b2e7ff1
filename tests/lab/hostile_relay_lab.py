#!/usr/bin/env python3
"""hostile_relay_lab.py - edgesim's relay and edgeturn --echo, attacked.

Clients of every bad kind: without credentials and with them, that flood, lie
about lengths, never read, hold connections, send where nobody may. After each
the sanitized server stands, has not grown much, and serves an honest client.
Half a minute: floods take their time on a sanitized server.
"""

import contextlib
import hashlib
import hmac
import os
import pathlib
import random
import socket
import struct
import sys
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import relay_lab as honest  # noqa: E402
import turn_client as turn  # noqa: E402
from tally import Tally  # noqa: E402

# freed memory is kept for a while to find its use: not much of it here
lab.ENVIRONMENT["ASAN_OPTIONS"] += ":quarantine_size_mb=4"

NODE, PEER = honest.NODE, honest.PEER
UDP, TCP = (NODE, 3478), (NODE, 443)
GROWTH_MAX_KB = 64 * 1024
FLOOD, HALF_OPEN, AT_ONCE = 20000, 500, 400
MIB = 1 << 20
ECHO, ECHO_TOO = ("192.0.2.54", 3479), ("192.0.2.55", 3479)
ASK, QUERY = 1, 3
TURN = lab.BUILD / "san/edgeturn"


def resident_kb(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text(
            encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def quiet(function, *arguments):
    try:
        return function(*arguments)
    except OSError:
        return None


def closes(connection, patience_s=5):
    """Whether the other side ends it; what it says before is passed over."""
    connection.settimeout(patience_s)
    try:
        while connection.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


# Of the relay: each leaves behind what it can

def flood_of_strangers(relay):
    """Allocates without credentials, whose answers nobody reads."""
    message = turn.encode(turn.ALLOCATE, [(turn.VERSION, b"\0\0\0\1")])
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(20)]
        for i in range(FLOOD):
            socks[i % 20].sendto(message, UDP)
    return honest.differences(ports=(honest.ports_left(), set()))


def flood_without_reading(relay):
    """The same on one connection: it is closed, not waited for."""
    message = turn.encode(turn.ALLOCATE, [(turn.VERSION, b"\0\0\0\1")])
    line = turn.TcpLine(TCP)
    line.socket.settimeout(10)
    frame = struct.pack(">BBH", 2, 0, len(message)) + message
    try:
        for _ in range(200):
            line.socket.sendall(frame * 1000)
        return ["it is never stopped"]
    except TimeoutError:
        return ["neither closed nor read"]
    except OSError:
        return []


def half_open(relay):
    """Hellos cut short, by the hundred; who was there before stays."""
    peer, client = honest.peer_at(PEER, socket.SOCK_STREAM), relay.client(
        "tcp")
    client.allocate(lifetime=600)
    held = []
    for i in range(HALF_OPEN):
        held.append(socket.create_connection(TCP))
        held[-1].sendall(turn.CLIENT_HELLO[:i % 50])
        if len(held) > AT_ONCE:
            held.pop(0).close()
    problems = []
    try:
        client.send(peer.getsockname(), b"still here")
        stream = peer.accept()[0]
        problems += honest.differences(heard=(stream.recv(99),
                                              b"still here"))
        stream.close()
        client.release()
    except (OSError, ValueError) as why:
        problems.append(f"the one before was thrown out: {why}")
    problems += check_honest(relay)  # beside all these
    for one in held:
        one.close()
    return problems


def forged_tokens(relay):
    username, password = turn.read_credentials(relay.file)
    names = [username[:i] + bytes([username[i] ^ 1]) + username[i + 1:]
             for i in range(0, len(username), 3)]
    names += [username[:i] for i in (1, 31, 32, 51)]
    names += [username + b"\0", username * 10, b"\xff" * 52, b"\2" + bytes(55),
              b"\1\0\xff\xff" + bytes(60)]
    codes = set()
    for name in names:
        client = relay.client("udp", credentials=(name, password))
        codes.add(client.allocate().code())
        client.line.close()
    return honest.differences(codes=(codes, {436}),
                              ports=(honest.ports_left(), set()))


def replayed(relay):
    """What somebody recorded on the way, from an address of his own."""
    peer, client = honest.peer_at(PEER), relay.client("udp")
    client.allocate()
    there = peer.getsockname()
    send = client.authentic(turn.SEND, (turn.TO, turn.put_address(there)),
                            (turn.DATA, b"once"))
    client.line.say(send)
    problems = honest.differences(once=(peer.recvfrom(99)[0], b"once"))
    aim = client.authentic(turn.DESTINATION, (turn.TO,
                                              turn.put_address(there)))
    thief = relay.client("udp")
    thief.line.say(send)
    problems += honest.differences(
        stolen=(honest.hear_once(peer)[0], None),
        aimed=(thief.exchange(aim).code(), 437))
    client.release()
    client.line.say(send)
    return problems + honest.differences(
        after=(honest.hear_once(peer)[0], None))


def forbidden_places(relay):
    """To everybody, to groups, to the relay itself: nothing is sent."""
    problems = []
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    listener.bind(("0.0.0.0", 0))
    port = listener.getsockname()[1]
    client = relay.client("udp")
    place = client.allocate().address(turn.MAPPED)
    for host in ("0.0.0.0", "127.0.0.1", "127.9.9.9", "255.255.255.255",
                 "224.0.0.1", "239.1.1.1", "240.0.0.1", "10.45.16.10"):
        client.send((host, port), b"x")
        problems += honest.differences(
            host=((host, client.aim((host, port)).code()), (host, 440)))
    problems += honest.differences(heard=(honest.hear_once(listener)[0],
                                          None))
    for where in ((PEER, 0), UDP):
        client.send(where, b"x")
        problems += honest.differences(
            where=((where, client.aim(where).code()), (where, 440)))
    # to its own relayed port: once, and that is all
    client.send(place, b"x")
    problems += honest.differences(own=(client.indication(), (place, b"x")))
    client.release()
    return problems


def huge_data(relay):
    peer, client = honest.peer_at(PEER), relay.client("udp")
    client.allocate()
    for size in (0, 1, 65000, 65300):
        quiet(client.send, peer.getsockname(), bytes(size))
    client.send(peer.getsockname(), b"after")
    heard = set()
    while b"after" not in heard:
        heard.add(peer.recvfrom(65536)[0])
    client.release()
    return []


def framing_lies(relay):
    message = turn.encode(turn.ALLOCATE, [(turn.VERSION, b"\0\0\0\1")])
    wrong = message[:2] + b"\xff\xff" + message[4:]
    broken = [b"\x09\0\0\1x", b"\2\0\0\0", b"\2\0\0\x1c" + bytes(28),
              b"\xff" * 99, struct.pack(">BBH", 2, 0, len(wrong)) + wrong,
              b"\2\0\xff\xff" + bytes(65535), turn.CLIENT_HELLO]
    problems = []
    for octets in broken:
        line = turn.TcpLine(TCP)
        quiet(line.socket.sendall, octets)
        if not closes(line.socket):
            problems.append(f"{octets[:8].hex()} does not end it")
        line.close()
    for octets in (b"\3\0\xff\xff" + bytes(65535), b"\3\0\0\0" * 9999,
                   b"\2\0\xff\xff" + bytes(60000), b"\2\0"):
        line = turn.TcpLine(TCP)  # none of these is wrong as yet
        line.socket.sendall(octets)
        line.close()
    return problems


def crumbs(relay):
    """One byte at a time, and still it is understood."""
    client = relay.client("tcp")
    message = turn.encode(turn.ALLOCATE, [(turn.VERSION, b"\0\0\0\1")])
    for byte in struct.pack(">BBH", 2, 0, len(message)) + message:
        client.line.socket.sendall(bytes([byte]))
    return honest.differences(code=(client.hear().code(), 401))


def push(connection, amount, patience_s):
    """Sends until it is stuck; how much went."""
    connection.settimeout(patience_s)
    went = 0
    with contextlib.suppress(OSError):
        while went < amount:
            went += connection.send(bytes(65536))
    return went


def client_that_never_reads(relay):
    """Its peer comes again and again, each time with as much as goes."""
    client = relay.client("tcp")
    client.line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    place = client.allocate(lifetime=600).address(turn.MAPPED)
    peer = honest.peer_at(PEER, socket.SOCK_STREAM)
    there = peer.getsockname()
    peer.close()
    client.send(there, b"refused, and permitted")
    client.aim(there)
    went = 0
    for _ in range(40):
        caller = honest.peer_at(PEER, socket.SOCK_STREAM, port=there[1])
        caller.connect(place)
        went += push(caller, 4 * MIB, 0.05)
        honest_reset(caller)
    grown = relay.grown_kb()
    client.line.close()
    return ([f"{grown} KiB wait"] if grown > GROWTH_MAX_KB else
            [] if went > MIB else [f"only {went} bytes went"])


def honest_reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    connection.close()


def peers_that_never_read(relay):
    client = relay.client("tcp")
    client.allocate(lifetime=600)
    peers = [honest.peer_at(PEER, socket.SOCK_STREAM) for _ in range(60)]
    for peer in peers:
        for _ in range(40):
            client.send(peer.getsockname(), bytes(30000))
    grown = relay.grown_kb()
    client.line.close()
    return [f"{grown} KiB wait"] if grown > GROWTH_MAX_KB else []


def more_than_there_are(relay):
    """Peers beyond what an allocation remembers, and none is pushed out."""
    peer, client = honest.peer_at(PEER), relay.client("udp")
    place = client.allocate().address(turn.MAPPED)
    client.send(peer.getsockname(), b"first")
    peer.recvfrom(99)
    for i in range(300):
        client.send((PEER, 20000 + i), b"x")
    peer.sendto(b"back", place)
    problems = honest.differences(back=(client.indication()[1], b"back"))
    client.release()
    return problems


RELAY = [flood_of_strangers, flood_without_reading, half_open, forged_tokens,
         replayed, forbidden_places, huge_data, framing_lies, crumbs,
         client_that_never_reads, peers_that_never_read, more_than_there_are]


def check_honest(relay):
    """Over UDP and TCP: allocates, sends, hears, gives back."""
    problems = []
    for how, (_, _, kind) in honest.LINES.items():
        peer = honest.peer_at(PEER, kind)
        try:
            client = relay.client(how)
            place = client.allocate().address(turn.MAPPED)
            client.send(peer.getsockname(), b"out")
            if how == "tcp":
                peer, _ = peer.accept()
                peer.settimeout(turn.PATIENCE_S)
                data = peer.recv(99)
                peer.sendall(b"back")
            else:
                data = peer.recvfrom(99)[0]
                peer.sendto(b"back", place)
            problems += honest.differences(
                out=(data, b"out"), back=(client.indication()[1], b"back"),
                end=(client.release().kind, turn.SUCCESS))
            client.line.close()
        except (OSError, ValueError, KeyError, TypeError) as why:
            where = traceback.extract_tb(why.__traceback__)[0].line
            problems.append(f"an honest client over {how}: {why!r}: {where}")
        peer.close()
    return problems


class Relay(honest.Relay):
    def process(self):
        return self.here.processes["edgesim"]

    def begin(self):
        self.start()
        self.before_kb = resident_kb(self.process())

    def grown_kb(self):
        return resident_kb(self.process()) - self.before_kb


def check_relay(tally, here):
    relay = Relay(here)
    relay.begin()
    tally.check("an_honest_client_is_served", check_honest(relay))
    relay.before_kb = resident_kb(relay.process())
    for attack in RELAY:
        began = time.monotonic()
        try:
            problems = attack(relay)
        except (OSError, ValueError) as why:
            problems = [f"{attack.__name__}: {why!r}"]
        for client in relay.clients:
            client.line.close()
        relay.clients.clear()
        here.alive("edgesim")
        problems += check_honest(relay)
        if relay.grown_kb() > GROWTH_MAX_KB:
            problems.append(f"it grew by {relay.grown_kb()} KiB")
        if os.environ.get("SHOW"):
            print(f"{attack.__name__} {time.monotonic() - began:.1f} s, "
                  f"{relay.grown_kb()} KiB", flush=True)
        tally.check(f"relay_{attack.__name__}", problems)
    left = honest.wait_for(lambda: not honest.ports_left())
    tally.same("relay_no_port_is_left", left, True)
    relay.restart()  # which holds the one before to a clean end


# Of the echo

def echo_packet(key, kind=ASK, sequence=0, session=b"session!", length=72):
    body = (b"\xffedgepr\x01" + bytes([kind, 0, 0, 0])
            + struct.pack(">I", sequence) + session + bytes(8 + 24))
    padding = bytes(length - 72)
    return body + hmac.new(key, body + padding,
                           hashlib.sha256).digest()[:16] + padding


def framed(packet):
    return struct.pack(">H", len(packet)) + packet


class Far:
    """edgeturn --echo in the lab."""

    def __init__(self, here, name, place):
        self.here, self.name, self.place = here, name, place
        self.file = here.files / "echo.key"
        here.start(name, [str(TURN), f"--echo={place[0]}:{place[1]}",
                          "--echo-key", str(self.file)])
        log = here.files / (name + ".log")
        lab.wait_until(name, lambda: here.alive(name)
                       and b"answering" in log.read_bytes())
        self.key = bytes.fromhex(self.file.read_text(encoding="ascii"))

    def process(self):
        return self.here.processes[self.name]

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process().pid}/fd"))

    def ask(self, octets):
        """The answer to a datagram, or None."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(octets, self.place)
            return honest.hear_once(sock)[0]

    def problems(self):
        """Of one who has the key, over both."""
        answer = self.ask(echo_packet(self.key, session=os.urandom(8)))
        found = honest.differences(udp=(answer and answer[8], ASK + 1))
        with socket.create_connection(self.place, 5) as stream:
            stream.settimeout(5)
            stream.sendall(framed(echo_packet(self.key)))
            return found + honest.differences(tcp=(
                quiet(stream.recv, 99) is not None,
                True))


def datagrams_sent():
    lines = [line.split() for line in pathlib.Path(
        "/proc/net/snmp").read_text(encoding="ascii").splitlines()
        if line.startswith("Udp:")]
    return int(lines[1][lines[0].index("OutDatagrams")])


def without_the_key(far, _):
    other = bytes(32)
    packets = [echo_packet(other), echo_packet(other, QUERY), b"", b"x",
               bytes(72), os.urandom(1472), b"\xffedgepr\x01" + bytes(64),
               echo_packet(far.key)[:-1], echo_packet(far.key) + b"\0",
               echo_packet(far.key, length=1473),
               echo_packet(far.key, length=1472)[:1471],
               echo_packet(far.key, kind=2), echo_packet(far.key, kind=4),
               echo_packet(far.key, kind=0), echo_packet(far.key, kind=5)]
    packets += [bytes(b ^ (1 << i % 8) if i == at else b for i, b in
                      enumerate(echo_packet(far.key))) for at in range(72)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for packet in packets:
            sock.sendto(packet, far.place)
        return honest.differences(answer=(honest.hear_once(sock)[0], None))


def never_more_than_came(far, _):
    problems = []
    for length in (72, 73, 500, 1472):
        for kind in (ASK, QUERY):
            answer = far.ask(echo_packet(far.key, kind, length=length))
            problems += honest.differences(length=(len(answer or b""),
                                                   length))
    return problems


def spoofed(source, to, payload):
    """A datagram that somebody else seems to have sent; no checksum."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    udp = struct.pack(">HHHH", source[1], to[1], 8 + len(payload), 0)
    with raw:
        raw.sendto(struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 1, 0, 64, 17, 0,
            socket.inet_aton(source[0]), socket.inet_aton(to[0]))
            + udp + payload, to)


def set_upon_each_other(far, other):
    """As if each had asked the other, or itself: one answer, no more."""
    problems = []
    for to, source in ((far, other), (other, far), (far, far)):
        before = datagrams_sent()
        for i in range(10):
            spoofed(source.place, to.place, echo_packet(far.key, sequence=i))
        time.sleep(0.3)
        problems += honest.differences(answers=(datagrams_sent() - before,
                                                10))
    return problems


def replayed_to_a_victim(far, _):
    """One answer to each, as long as it: nobody is hit harder."""
    victim = honest.peer_at("192.0.2.57")
    packet = echo_packet(far.key, session=os.urandom(8))
    for _ in range(100):
        spoofed(victim.getsockname(), far.place, packet)
    count = size = 0
    while (data := honest.hear_once(victim)[0]) is not None:
        count, size = count + 1, size + len(data)
    return [] if 0 < count <= 100 and size <= 7200 else [
        f"{count} packets, {size} bytes"]


def held_connections(far, _):
    """One with the key stays, however many there are without."""
    known = socket.create_connection(far.place, 5)
    known.sendall(framed(echo_packet(far.key)))
    known.settimeout(5)
    known.recv(99)
    held = [socket.create_connection(far.place, 5) for _ in range(200)]
    for one in held:
        quiet(one.sendall, b"\0")
    time.sleep(0.2)
    problems = ["it holds too many"] if far.descriptors() > 60 else []
    known.sendall(framed(echo_packet(far.key, sequence=1)))
    problems += honest.differences(known=(len(quiet(known.recv, 99) or b""),
                                          74))
    for one in (known, *held):
        one.close()
    return problems


def crumbs_and_lies(far, _):
    stream = socket.create_connection(far.place, 5)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.settimeout(5)
    for lie in (b"\0\0", b"\xff\xff", b"\5\xc1" + bytes(1473), bytes(5000)):
        stream.sendall(lie)
        time.sleep(0.05)
    for byte in framed(echo_packet(far.key)):
        stream.sendall(bytes([byte]))
    answer = b""
    while len(answer) < 74:
        answer += stream.recv(99)
    return honest.differences(kind=(answer[10], ASK + 1))


def never_read(far, _):
    """Questions by the megabyte, whose answers nobody takes."""
    stream = socket.create_connection(far.place, 5)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    before = resident_kb(far.process())
    block = framed(echo_packet(far.key, length=1472)) * 40
    stream.settimeout(1)
    with contextlib.suppress(OSError):
        for _ in range(300):
            stream.sendall(block)
    grown = resident_kb(far.process()) - before
    stream.close()
    return [f"it grew by {grown} KiB"] if grown > GROWTH_MAX_KB else []


def noise(far, _):
    generator = random.Random(5)
    with socket.create_connection(far.place, 5) as stream:
        stream.sendall(generator.randbytes(4 * MIB))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _ in range(FLOOD // 4):
            sock.sendto(generator.randbytes(72), far.place)
        return honest.differences(said=(honest.hear_once(sock)[0], None))


ECHOES = [without_the_key, never_more_than_came, set_upon_each_other,
          replayed_to_a_victim, held_connections, crumbs_and_lies, never_read,
          noise]


def check_echo(tally, here):
    far, other = Far(here, "echo", ECHO), Far(here, "echo-too", ECHO_TOO)
    tally.check("echo_answers_who_has_the_key", far.problems())
    for attack in ECHOES:
        try:
            problems = attack(far, other)
        except (OSError, ValueError) as why:
            problems = [f"{attack.__name__}: {why!r}"]
        here.alive("echo")
        tally.check(f"echo_{attack.__name__}", problems + far.problems())
    for one in (far, other):
        here.stop(one.name)
        tally.same(f"{one.name}_ends_cleanly", one.process().returncode, 0)


def inside():
    threading.stack_size(1 << 18)
    tally, here = Tally(), lab.Lab()
    check_echo(tally, here)
    check_relay(tally, here)
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
