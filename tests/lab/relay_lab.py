#!/usr/bin/env python3
"""relay_lab.py - edgesim relays for those who may, and for nobody else.

A client of its own (turn_client.py) and plain sockets as peers: allocations
over UDP and TCP, packets both ways, permissions, active destinations, every
way in which an allocation ends, and what each fault of the relay makes of it.
What is left behind is looked for in /proc/net. A quarter of a minute: lifetimes
have to pass, and each fault is an edgesim of its own.
"""

import hashlib
import pathlib
import random
import socket
import stat
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import turn_client as turn  # noqa: E402
from tally import Tally  # noqa: E402

NODE, NODE6, OTHER = "192.0.2.30", "2001:db8::30", "192.0.2.31"
PEER, PEER_TOO, PRIVATE = "192.0.2.54", "192.0.2.55", "10.45.16.10"
INSIDE, VIP = "10.45.16.30", "192.0.2.40"
NAT = lab.ROOT / "man/examples/scaled-dnslb-nat.conf"
BALANCED = lab.ROOT / "man/examples/scaled-hlb.conf"
RANGE = range(50000, 60000)
LINES = {"udp": (turn.UdpLine, 3478, socket.SOCK_DGRAM),
         "tcp": (turn.TcpLine, 443, socket.SOCK_STREAM)}
TABLES = ("udp", "udp6", "tcp", "tcp6")
LISTENS, UNCONNECTED = "0A", "07"  # states in /proc/net
MANY = 200
INWARD, OUTWARD = 48 << 20, 1 << 20  # the first, more than kernels hold


class Relay:
    """edgesim in the lab, with faults and options."""

    def __init__(self, here):
        self.here = here
        self.topology = here.topology()
        self.file = here.files / "credentials"
        self.clients = []

    def start(self, faults=(), options=()):
        self.file.unlink(missing_ok=True)
        self.here.start_edge(self.topology, faults, [
            "--credentials-out", self.file, *options])

    def restart(self, faults=(), options=(), text=None):
        for client in self.clients:
            client.line.close()
        self.clients.clear()
        self.here.stop("edgesim")
        if self.here.processes["edgesim"].returncode:
            log = self.here.files / "edgesim.log"
            raise RuntimeError(log.read_text(errors="replace"))
        self.topology = self.here.topology(text)
        self.start(faults, options)

    def client(self, how, node=NODE, credentials=None):
        line, port, _ = LINES[how]
        client = turn.Client(line((node, port)),
                             credentials or turn.read_credentials(self.file))
        self.clients.append(client)
        return client


def hear_once(sock, count=65536):
    """(data, source), or nothing where nothing comes for a while."""
    sock.settimeout(turn.SILENCE_S)
    try:
        return sock.recvfrom(count)
    except TimeoutError:
        return None, None


def peer_at(address, kind=socket.SOCK_DGRAM, port=0):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    peer = socket.socket(family, kind)
    peer.settimeout(turn.PATIENCE_S)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind == socket.SOCK_STREAM:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    peer.bind((address, port))
    if kind == socket.SOCK_STREAM and not port:
        peer.listen()
    return peer


def hexadecimal(address):
    """As /proc/net has it: each word of four bytes from its end."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    return b"".join(packed[i:i + 4][::-1] for i in range(
        0, len(packed), 4)).hex().upper()


def relayed_ports(*addresses):
    """(table, port) of what the nodes hold open above the other listeners."""
    wanted = {hexadecimal(address) for address in addresses}
    ports = set()
    for table in TABLES:
        path = pathlib.Path("/proc/net", table)
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        for fields in map(str.split, lines):
            address, _, port = fields[1].partition(":")
            if address in wanted and int(port, 16) > 9999 and (
                    fields[3] in (LISTENS, UNCONNECTED)):
                ports.add((table, int(port, 16)))
    return ports


def ports_left():
    return relayed_ports(NODE, NODE6, OTHER)


def wait_for(condition):
    deadline = time.monotonic() + turn.PATIENCE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def differences(**pairs):
    """Of what=(got, expected)."""
    return [f"{what}: {got!r}, not {expected!r}"
            for what, (got, expected) in pairs.items() if got != expected]


# An allocation

def check_file(tally, relay):
    mode = stat.S_IMODE(relay.file.stat().st_mode)
    username, password = turn.read_credentials(relay.file)
    tally.check("credentials_are_for_their_owner_alone", differences(
        mode=(oct(mode), "0o600"), username=(len(username), 52),
        password=(len(password), 20)))


def check_allocate(tally, relay, how, node):
    client = relay.client(how, node)
    challenge = client.challenge()
    answer = client.allocate(lifetime=60)
    place = answer.address(turn.MAPPED)
    problems = differences(
        challenge=(challenge.code(), 401),
        alternate=(challenge.address(turn.ALTERNATE),
                   (node, LINES[how][1])),
        bare=(turn.INTEGRITY in challenge, False),
        kind=(answer.kind, turn.SUCCESS),
        reflexive=(answer.address(turn.REFLEXIVE), client.line.here()),
        relay=(place[0], NODE), lifetime=(answer.number(turn.LIFETIME), 60),
        proven=(answer.is_proven(client.key()), True))
    if place[1] not in RANGE:
        problems.append(f"port {place[1]}")
    if ports_left() != {(how, place[1])}:
        problems.append(f"{ports_left()} are open, not {place[1]}")
    client.release()
    tally.check(f"allocates_over_{how}_at_{node}", problems)


def check_families(tally, relay):
    for how, version, family, wanted in (
            ("udp", 4, None, [NODE, NODE6]), ("udp", 4, 2, [NODE6, None]),
            ("tcp", 6, None, [NODE, NODE6]), ("udp", 3, 2, [NODE, None])):
        client = relay.client(how)
        answer = client.allocate(version=version, family=family)
        got = [answer.address(number) and answer.address(number)[0]
               for number in (turn.MAPPED, turn.ALTERNATE_MAPPED)]
        client.release()
        tally.same(f"version_{version}_asking_for_{family}_over_{how}", got,
                   wanted)


# Packets

def check_datagrams(tally, relay, address=PEER, family=None):
    peer, other, client = (peer_at(address), peer_at(address),
                           relay.client("udp"))
    place = client.allocate(version=4 if family else 1,
                            family=family).address(turn.MAPPED)
    there = peer.getsockname()[:2]
    peer.sendto(b"too early", place)
    problems = [] if client.is_silent() else ["came without permission"]
    client.send(there, b"out")
    data, source = peer.recvfrom(9999)
    problems += differences(out=(data, b"out"), source=(source[:2], place))
    peer.sendto(b"back", place)
    problems += differences(back=(client.indication(), (there, b"back")))
    other.sendto(b"stranger", place)
    if not client.is_silent():
        problems.append("another port of the peer came through")
    tally.check(f"datagrams_go_both_ways_with_{address}", problems)
    client.release()


def check_aim(tally, relay):
    peer, other, client = peer_at(PEER), peer_at(PEER_TOO), relay.client("udp")
    place = client.allocate().address(turn.MAPPED)
    there, too = peer.getsockname(), other.getsockname()
    unknown = client.aim(there)
    for one in (there, too):
        client.send(one, b"hello")
    aimed = client.aim(there)
    client.line.say(b"raw payload, longer than a header is long")
    heard = [peer.recvfrom(9999)[0] for _ in range(2)]
    peer.sendto(b"raw answer", place)
    back = client.hear()
    other.recvfrom(9999)
    other.sendto(b"beside", place)
    beside = client.indication()
    client.send(too, b"beside too")
    tally.check("an_active_destination_needs_no_messages", differences(
        unknown=((unknown.kind, unknown.code()),
                 (turn.DESTINATION_ERROR, 440)),
        kind=(aimed.kind, turn.DESTINATION_SUCCESS),
        proven=(aimed.is_proven(client.key()), True),
        heard=(heard[1], b"raw payload, longer than a header is long"),
        back=(back, b"raw answer"), beside=(beside, (too, b"beside")),
        too=(other.recvfrom(9999)[0], b"beside too")))
    client.release()


def check_sizes(tally, relay):
    """Nothing is cut: 1,500 bytes and as much as loopback takes."""
    peer, client = peer_at(PEER), relay.client("udp")
    place = client.allocate().address(turn.MAPPED)
    problems = []
    for size in (1, 1472, 9000, 60000):
        data = bytes(range(251)) * (size // 251 + 1)
        client.send(peer.getsockname(), data[:size])
        out = peer.recvfrom(65536)[0]
        peer.sendto(out, place)
        problems += differences(size=(client.indication()[1] == data[:size],
                                      True))
    tally.check("large_datagrams_go_through_whole", problems)
    client.release()


def check_clients(tally, relay):
    """Many at a time, each with a port and peers of its own."""
    peer = peer_at(PEER)
    clients = [relay.client("udp") for _ in range(20)]
    places = [client.allocate().address(turn.MAPPED) for client in clients]
    problems = differences(ports=(len(set(places)), len(clients)))
    for client, place in zip(clients, places):
        client.send(peer.getsockname(), b"hello")
        peer.recvfrom(9999)
        peer.sendto(str(place[1]).encode(), place)
    for client, place in zip(clients, places):
        problems += differences(own=(client.indication()[1],
                                     str(place[1]).encode()))
        client.release()
    tally.check("clients_do_not_get_each_others_packets", problems)


# Streams

def check_streams(tally, relay):
    peer, client = peer_at(PEER, socket.SOCK_STREAM), relay.client("tcp")
    place = client.allocate().address(turn.MAPPED)
    there = peer.getsockname()
    client.send(there, b"out")
    stream, source = peer.accept()
    stream.settimeout(turn.PATIENCE_S)
    problems = differences(source=(source, place),
                           out=(stream.recv(9999), b"out"))
    client.send(there, b"more")
    problems += differences(more=(stream.recv(9999), b"more"))
    stream.sendall(b"back")
    problems += differences(back=(client.indication(), (there, b"back")),
                            aim=(client.aim(there).kind,
                                 turn.DESTINATION_SUCCESS))
    client.line.say(b"raw", is_message=False)
    stream.sendall(b"raw answer")
    problems += differences(raw=(stream.recv(9999), b"raw"),
                            answer=(client.hear(), b"raw answer"))
    tally.check("streams_go_both_ways", problems)
    check_bulk(tally, client, stream)
    stream.close()
    client.release()


def check_bulk(tally, client, stream):
    """More than anybody keeps waiting; the peer blocks until it is read."""
    data = random.randbytes(OUTWARD)
    stream.settimeout(4 * turn.PATIENCE_S)
    sender = threading.Thread(target=lambda: [
        stream.sendall(data) for _ in range(INWARD // OUTWARD)])
    sender.start()
    time.sleep(1)
    problems = differences(waits=(sender.is_alive(), True))
    got, digest = 0, hashlib.sha256()
    while got < INWARD:
        piece = client.hear()
        got += len(piece)
        digest.update(piece)
    sender.join()
    problems += differences(inward=(digest.digest(), hashlib.sha256(
        data * (INWARD // OUTWARD)).digest()))
    back = b""
    for at in range(0, OUTWARD, 1 << 15):
        client.line.say(data[at:at + (1 << 15)], is_message=False)
        while len(back) < at + (1 << 15):
            back += stream.recv(1 << 16)
    tally.check("a_stream_waits_for_its_reader_and_loses_nothing",
                problems + differences(outward=(back == data, True)))


# Ends

def check_refresh(tally, relay):
    client = relay.client("udp")
    place = client.allocate(lifetime=1).address(turn.MAPPED)
    began = time.monotonic()
    answer = client.allocate(lifetime=3)
    problems = differences(
        place=(answer.address(turn.MAPPED), place),
        lifetime=(answer.number(turn.LIFETIME), 3))
    while time.monotonic() < began + 1.5:
        time.sleep(0.1)
    problems += differences(alive=(ports_left(), {("udp", place[1])}))
    tally.check("a_refresh_prolongs_what_is_there", problems)
    answer = client.release()
    tally.check("a_release_closes_the_port", differences(
        kind=(answer.kind, turn.SUCCESS),
        lifetime=(answer.number(turn.LIFETIME), 0), left=(ports_left(), set()),
        again=(client.release().code(), 437),
        aim=(client.aim((PEER, 9)).code(), 437)))


def check_expiry(tally, relay):
    clients = [relay.client(how) for how in LINES]
    for client in clients:
        client.allocate(lifetime=2)
    problems = differences(open=(len(ports_left()), 2))
    began = time.monotonic()
    problems += differences(left=(wait_for(lambda: not ports_left()), True))
    lasted = time.monotonic() - began
    if not 1.5 < lasted < 4:
        problems.append(f"closed after {lasted:.1f} s, not 2")
    problems += differences(udp=(clients[0].aim((PEER, 9)).code(), 437),
                            tcp=(clients[1].aim((PEER, 9)).code(), 437))
    tally.check("an_allocation_ends_with_its_lifetime", problems)


def check_vanished(tally, relay):
    for how in LINES:
        client = relay.client(how)
        client.allocate(lifetime=1 if how == "udp" else 600)
        open_before = len(ports_left())
        client.line.close()
        tally.check(f"a_client_that_vanishes_over_{how}_leaves_nothing",
                    differences(open=(open_before, 1), closed=(
                        wait_for(lambda: not ports_left()), True)))


def check_many(tally, relay):
    problems = []
    for how in LINES:
        client = relay.client(how)
        ports = set()
        for _ in range(MANY // 2):
            client.sequence = None
            ports.add(client.allocate().address(turn.MAPPED)[1])
            if client.release().kind != turn.SUCCESS:
                problems.append("not released")
        if len(ports) < 10:
            problems.append(f"always the same ports: {ports}")
    tally.check(f"{MANY}_allocations_leave_no_port_behind", [
        *problems, *differences(left=(ports_left(), set()))])


# Refusals

def check_codes(tally, relay):
    username, password = turn.read_credentials(relay.file)
    changed = bytes([username[-1] ^ 1])
    cases = [("431", (username, password[::-1]), ()),
             ("436", (username[:-1] + changed, password), ()),
             ("436", (b"somebody", password), ()),
             ("432", (username, password), (turn.USERNAME,)),
             ("434", (username, password), (turn.REALM,)),
             ("435", (username, password), (turn.NONCE,))]
    for how in LINES:
        for code, credentials, without in cases:
            client = relay.client(how, credentials=credentials)
            answer = client.allocate(without=without)
            tally.same(f"{code}_over_{how}_without_{without}_of_"
                       f"{len(credentials[0])}",
                       (answer.code(), ports_left()), (int(code), set()))


def check_nonce(tally, relay):
    client = relay.client("udp")
    client.challenge()
    good, client.nonce = client.nonce, b"of yesterday"
    answer = client.allocate()
    client.nonce = answer.attributes.get(turn.NONCE)
    again = client.allocate()
    client.release()
    tally.check("a_stale_nonce_is_replaced", differences(
        code=(answer.code(), 438), nonce=(client.nonce, good),
        again=(again.kind, turn.SUCCESS)))


def check_unknown(tally, relay):
    client = relay.client("udp")
    answer = client.exchange(turn.encode(turn.ALLOCATE, [(0x7abc, b"?")]))
    tally.same("an_unknown_attribute_is_named",
               (answer.code(), answer.attributes.get(10)),
               (420, b"\x7a\xbc"))


def check_private(tally, relay, reaches):
    peer, client = peer_at(PRIVATE), relay.client("udp")
    client.allocate()
    client.send(peer.getsockname(), b"inside")
    data = hear_once(peer)[0]
    client.release()
    tally.same(f"private_peers_are_reached_{reaches}", data,
               b"inside" if reaches else None)


def check_bounds(tally, relay):
    """Of three places the fourth is at another node; an end makes room."""
    relay.restart(options=["--max-allocations", 3, "--lifetime", 5])
    clients = [relay.client(how) for how in ("udp", "tcp", "udp", "udp")]
    answers = [client.allocate(lifetime=60) for client in clients]
    problems = differences(
        kinds=([answer.kind for answer in answers],
               [turn.SUCCESS] * 3 + [turn.ERROR]),
        code=(answers[3].code(), 300),
        alternate=(answers[3].address(turn.ALTERNATE), (OTHER, 3478)),
        lifetime=(answers[0].number(turn.LIFETIME), 5))
    clients[1].line.close()
    wait_for(lambda: len(ports_left()) == 2)
    problems += differences(room=(clients[3].allocate().kind, turn.SUCCESS))
    other = relay.client("udp", node=OTHER)
    problems += differences(other=(other.allocate().kind, turn.SUCCESS))
    tally.check("a_node_gives_so_many_and_no_more", problems)


# Where addresses are not what they seem

def check_nat(tally, relay):
    """It binds the address inside, and names the one outside."""
    relay.restart(text=NAT.read_text(encoding="utf-8"))
    client, peer = relay.client("udp", node=INSIDE), peer_at(PEER)
    answer = client.allocate()
    place = answer.address(turn.MAPPED)
    client.send(peer.getsockname(), b"out")
    data, source = peer.recvfrom(99)
    tally.check("the_public_address_is_named_and_the_local_one_bound",
                differences(named=(place[0], NODE), data=(data, b"out"),
                            source=(source, (INSIDE, place[1]))))


def check_vip(tally, relay):
    """Who asks the VIP is sent to a node, over TCP relayed by one."""
    text = BALANCED.read_text(encoding="utf-8")
    for old, new in (("50", "38"), ("51", "39"), ("52", "40")):
        text = text.replace("192.0.2." + old, "192.0.2." + new)
    relay.restart(text=text)
    udp, tcp = (relay.client(how, node=VIP) for how in LINES)
    alternate = udp.challenge().address(turn.ALTERNATE)
    there = relay.client("udp", node=alternate[0])
    there.nonce, there.realm = udp.nonce, udp.realm
    tally.check("who_asks_the_vip_is_sent_to_a_node", differences(
        alternate=(alternate, (NODE, 3478)),
        udp=(there.allocate().address(turn.MAPPED)[0], NODE),
        tcp=(tcp.allocate().address(turn.MAPPED)[0], NODE)))


# Faults, as they look on the wire

def fault_outside(client):
    port = client.allocate().address(turn.MAPPED)[1]
    return differences(outside=(port in RANGE, False))


def fault_elsewhere(client):
    client.challenge()
    return differences(from_here=(client.line.from_ == (NODE, 3478), False))


def fault_integrity(client):
    answer = client.allocate()
    return differences(kind=(answer.kind, turn.SUCCESS), length=(
        len(answer.attributes[turn.INTEGRITY]), 32))


def one_way(client, wanted):
    peer = peer_at(PEER)
    place = client.allocate().address(turn.MAPPED)
    client.send(peer.getsockname(), b"out")
    out = hear_once(peer)[0]
    peer.sendto(b"in", place)
    return differences(ways=((out == b"out", not client.is_silent()), wanted))


def fault_refuses_udp(client):
    return differences(code=(client.allocate().code(), 500))


def fault_stale(client):
    codes = []
    for _ in range(3):
        answer = client.allocate()
        codes.append(answer.code())
        client.nonce = answer.attributes[turn.NONCE]
    return differences(codes=(codes, [438] * 3))


FAULTS = {
    "av-relay-outside-range": fault_outside,
    "av-reply-elsewhere": fault_elsewhere,
    "av-long-integrity": fault_integrity,
    "av-outward-only": lambda client: one_way(client, (True, False)),
    "av-inward-only": lambda client: one_way(client, (False, True)),
    "av-refuses-udp": fault_refuses_udp,
    "av-refuses-tcp": lambda client: one_way(client, (True, True)),
    "av-stale-nonce": fault_stale,
}


def check_faults(tally, relay):
    for fault, check in FAULTS.items():
        relay.restart(faults=[fault + "@edge1"])
        tally.check(f"fault_{fault}", check(relay.client("udp")))
        if fault.startswith("av-refuses"):
            tally.same(f"fault_{fault}_over_tcp",
                       relay.client("tcp").allocate().code(),
                       500 if fault == "av-refuses-tcp" else None)
    relay.restart(faults=["av-relays-private"])
    check_private(tally, relay, True)


def inside():
    tally = Tally()
    relay = Relay(lab.Lab())
    relay.start()
    check_file(tally, relay)
    for how in LINES:
        check_allocate(tally, relay, how, NODE)
    check_allocate(tally, relay, "udp", NODE6)
    check_families(tally, relay)
    check_datagrams(tally, relay)
    check_datagrams(tally, relay, "2001:db8::40", 2)
    check_aim(tally, relay)
    check_sizes(tally, relay)
    check_clients(tally, relay)
    check_streams(tally, relay)
    check_refresh(tally, relay)
    check_expiry(tally, relay)
    check_vanished(tally, relay)
    check_many(tally, relay)
    check_codes(tally, relay)
    check_nonce(tally, relay)
    check_unknown(tally, relay)
    check_private(tally, relay, False)
    check_bounds(tally, relay)
    check_nat(tally, relay)
    check_vip(tally, relay)
    check_faults(tally, relay)
    relay.restart()  # which holds the last one to a clean end
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
