#!/usr/bin/env python3
"""hostile_lab.py - edgeprobe against peers that mean it ill.

Each case is one bad peer at an address of its own. The sanitized tool looks
at it, and so does the plain one, whose memory and time are held to their
bounds. What must be seen is the outcome that the table names: a peer's fault
is not ours, and ours is not the peer's. Whatever a peer says, the JSON parses
and the text holds no byte that a terminal would obey. A signal at any moment
leaves whole outputs, or none.

usage: hostile_lab.py [CASE...]
"""

import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import hostile as h  # noqa: E402
import lab  # noqa: E402
from tally import Tally  # noqa: E402

STEP_S, RUN_S = 1, 6
SLACK_S = 0.4  # 0.1 holds where other tests do not run beside it
# Of the plain tool's data; with its libraries it stays below 64 MiB.
DATA_MAX_KB = 40 * 1024
JSON_MAX = 384 * 1024  # what is kept of one peer is little
SIGNALS, SIGNALS_OVER_S = 50, 1.2
PLAIN, SANITIZED = "edgeprobe", "san/edgeprobe"
AT_ONCE = 3 * (os.cpu_count() or 1)
E = h.ESCAPES.replace("\r\n", "").replace("\0", "")
PORTS = {"webconf": 443, "msturn-allocate": 3478, "msturn-allocate-tcp": 443}
TLS12 = h.ssl.TLSVersion.TLSv1_2


def record(data, kind=0x16):
    return bytes([kind, 3, 3]) + len(data).to_bytes(2, "big") + data


def big_chain():
    return h.certificate() + "".join(
        h.certificate(b"x" * 65000, serial=i) for i in range(2, 12))


WARNING = record(b"\1\x70", 0x15)  # unrecognized_name, not fatal

# What a bad TCP peer does to any probe, and what is seen by sip, webconf and
# msturn-allocate-tcp.
ANY = {
    "mute": (h.mute, "no-reply no-reply no-reply"),
    "close": (h.close, "closed closed closed"),
    "half-close": (h.half_close, "closed closed closed"),
    "reset": (h.reset, "reset reset reset"),
    "noise": (h.say(bytes(range(200, 256)) * 4), "garbled garbled garbled"),
    "noise-for-ever": (h.flood(bytes(range(200, 256))),
                       "garbled garbled garbled"),
    "http": (h.say(b"HTTP/1.1 400 Bad\r\nServer: " + E.encode() +
                   b"\r\n\r\n"), "garbled garbled garbled"),
    "ssh": (h.say(b"SSH-2.0-\x1b[2J\r\n"), "garbled garbled garbled"),
    "alert": (h.say(record(b"\2\x28", 0x15)), "alert alert alert"),
    "alerts-for-ever": (h.flood(WARNING),
                        "garbled|no-reply garbled|no-reply alert"),
    "broken-hello": (h.say(record(b"\2\0\0\x26" + b"\3\3" + bytes(36))),
                     "garbled garbled garbled"),
    "endless-handshake": (h.flood(record(b"\2\xff\xff\xff" + bytes(16000))),
                          "garbled garbled garbled"),
    # where much runs beside it, the step may be over before the limit
    "hello-requests-for-ever": (h.flood(record(bytes(4))),
                                "garbled|no-reply garbled|no-reply garbled"),
    "hello-in-crumbs": (h.say_slowly(record(b"\2\xff\xff\xff" + bytes(9000)),
                                     0.02), "no-reply no-reply garbled"),
}

# Inside TLS: what the first question of the sip probe comes to.
SIP = {
    "mute": (h.mute, "no-reply"),
    "close": (h.close, "closed"),
    "reset": (h.reset, "reset"),
    "noise": (h.say(b"\xff\xfe\x00" * 100), "garbled"),
    "noise-for-ever": (h.flood(b"\xff\xfe\x00"), "garbled"),
    "newlines-for-ever": (h.flood(b"\r\n"), "garbled"),
    "trying-for-ever": (h.sip_flood(status="100 Trying"), "garbled"),
    "others-answers-for-ever": (
        h.sip_flood(via="SIP/2.0/TLS x;branch=z9hG4bKnot-ours"), "garbled"),
    "others-answer": (h.sip(via="SIP/2.0/TLS x;branch=z9hG4bKx"), "no-reply"),
    "requests-for-ever": (
        h.flood(b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n"),
        "garbled"),
    "long-header": (h.sip(extra="X: " + "x" * 70000 + "\r\n"), "garbled"),
    "endless-header": (h.flood(b"SIP/2.0 200 OK\r\n" + b"X: y\r\n" * 3000),
                       "garbled"),
    "many-headers": (h.sip(extra="X: y\r\n" * 9000), "answered garbled"),
    "crumbs": (h.sip(h.crumbs), "answered"),
    "slow-crumbs": (h.sip(lambda c, data: h.crumbs(c, data, 0.05)),
                    "no-reply"),
    "length-too-long": (h.sip(length="99"), "no-reply"),
    "length-huge": (h.sip(length="99999999999999999999"), "garbled"),
    "length-negative": (h.sip(length="-1"), "garbled"),
    "length-twice": (h.sip(extra="Content-Length: 7\r\n"), "garbled"),
    "length-too-short": (h.sip(body="x" * 99), "answered"),
    "length-none": (h.sip(length=""), "garbled answered"),
    "status-odd": (h.sip(status="999 " + E), "answered garbled"),
    "reason-escapes": (h.sip(status="504 " + E), "answered"),
    "reason-bytes": (h.sip(status="504 \udcff\udc9b2J"), "answered"),
    "server-escapes": (h.sip(extra=f"Server: RTC/7.0{E}\r\n"), "answered"),
    "realm-escapes": (h.sip(
        status="401 No", extra=f'WWW-Authenticate: NTLM{E} realm="{E}", '
        f'targetname="{E}", version=4\r\nms-diagnostics: 1;reason="{E}"\r\n'
        f"Date: {E}\r\nms-user-logon-data: {E}\r\n"), "answered"),
    "realms-many": (h.sip(status="401 No", extra="".join(
        f'WWW-Authenticate: NTLM targetname="{"x" * 300}"\r\n'
        for _ in range(150))), "answered"),
    "nul": (h.sip(extra="Server: a\0b\r\n"), "garbled"),
}

# Certificates; the connection itself is answered, whatever they say.
CERTIFICATES = {
    "escapes": lambda: h.certificate(E, E, names=(E, "x" + E)),
    "nul": lambda: h.certificate("a\0b", names=("sip.c.test\0.evil.test",)),
    "not-utf8": lambda: h.certificate(b"\xff\xfe\x9b2J", names=(b"\xc3(",)),
    "empty": lambda: h.certificate(b"", names=(b"",)),
    "64k-name": lambda: h.certificate("n" * 65536),
    "64k-san": lambda: h.certificate(names=("n" * 65536,)),
    "5000-sans": lambda: h.certificate(
        names=[f"{i}.contoso.com" for i in range(5000)]),
    "chain-of-120": lambda: h.chain(120),
    "three-of-128k": lambda: h.certificate(names=("sip.c.test",)) + "".join(
        h.certificate(b"x" * 65000, serial=i) for i in range(2, 5)),
    "64k-names-each": lambda: h.certificate(names=["n" * 65000] * 7),
    "loop": lambda: (h.certificate("a", "b") + h.certificate("b", "a")) * 40,
}


def flood_reply(transaction):
    for _ in range(20000):
        yield h.allocate_error(bytes(16), h.error())


RELAY = {
    "mute": (lambda t: None, "no-reply"),
    "noise": (lambda t: os.urandom(64), "garbled"),
    "empty": (lambda t: b"", "garbled"),
    "others-for-ever": (flood_reply, "no-reply"),
    "noise-then-answer": (
        lambda t: [b"\xff" * 40, h.allocate_error(t, h.error())], "answered"),
    "length-lies": (lambda t: h.allocate_error(t, h.error(), length=4000),
                    "garbled"),
    "attribute-lies": (lambda t: h.allocate_error(
        t, b"\x00\x15\xff\xff"), "garbled"),
    "reason-escapes": (lambda t: h.allocate_error(
        t, h.error(reason=E), h.attribute(0x15, E.encode()),
        h.attribute(0x14, E.encode()), h.attribute(0x8022, E.encode())),
        "answered"),
    "huge": (lambda t: h.allocate_error(
        t, h.error(reason="x" * 60000)), "garbled answered"),
    "other-type": (lambda t: h.allocate_error(t, kind=0x0115), "garbled"),
}

HELLO = {
    "mute": (lambda c, t: h.mute(c), "no-reply"),
    "close": (lambda c, t: None, "closed"),
    "reset": (lambda c, t: h.reset_now(c), "reset"),
    "answer": (lambda c, t: c.sendall(
        h.frame(h.allocate_error(t, h.error()))), "answered"),
    "crumbs": (lambda c, t: h.crumbs(c, h.frame(h.allocate_error(
        t, h.error(reason=E)))), "answered"),
    "noise": (lambda c, t: h.say(b"\xff" * 99)(c), "garbled"),
    "data-for-ever": (lambda c, t: h.flood(h.frame(bytes(1000), 3))(c),
                      "garbled"),
    "others-for-ever": (lambda c, t: h.flood(h.frame(
        h.allocate_error(bytes(16), h.error())))(c), "garbled"),
    "half-a-frame": (lambda c, t: h.say(h.frame(
        h.allocate_error(t, h.error()))[:20])(c), "no-reply garbled"),
    "64k-frame": (lambda c, t: h.say(h.frame(bytes(65535)))(c), "garbled"),
}


def many(query, kind, count, data):
    return h.reply(query, [h.record(kind, data)] * count)


def lie(change):
    """Honest but for what change(query, kind, name) gives; None: honest."""
    def serve(query, address):
        name, kind, _ = h.question_of(query)
        return change(query, kind, name) or h.honest(query, address)
    return serve


def srv(target):
    return b"\0\0\0\0\x01\xbb" + target


def only(kind, change):
    return lie(lambda q, k, n: change(q) if k == kind else None)


def loops(query):
    return h.reply(query, [h.record(h.SRV, b"", b"\xc0\x0c"),
                           b"\xc0\x29\xc0\x29" + bytes(8)])


def pointer_to_itself(query):
    at = len(query)
    return h.reply(query, [bytes([0xc0 | at >> 8, at & 255]) + bytes(10)])


def cut(query):
    """Try TCP."""
    return h.reply(query, flags=0x8780)


def aliases(query):
    name = h.question_of(query)[0]
    return h.reply(query, [
        h.record(h.CNAME, h.labels("b." + name)),
        h.record(h.CNAME, h.labels(name), h.labels("b." + name))])


def evil_target(query):
    return h.reply(query, [h.record(h.SRV, srv(
        bytes([len(E.encode())]) + E.encode() + h.labels("c.test")))])


def stream(serve):
    """A DNS server over TCP from one for datagrams."""
    def talk(connection):
        while True:
            size = int.from_bytes(connection.recv(2), "big")
            query = connection.recv(size)
            if not query:
                return None
            data = serve(query)
            if data is None:
                return h.mute(connection)
            connection.sendall(len(data).to_bytes(2, "big") + data)
    return talk


# (datagrams, stream, outcome of the SRV question)
DNS = {
    "mute": (lambda q, a: None, None, "no-reply"),
    "noise": (lambda q, a: os.urandom(80), None, "no-reply garbled local"),
    "empty": (lambda q, a: b"", None, "no-reply garbled local"),
    "wrong-id": (lambda q, a: h.reply(q, identity=b"\0\0"), None, "no-reply"),
    "wrong-question": (lambda q, a: h.reply(
        q, question=h.labels("evil.test") + b"\0\1\0\1"), None, "no-reply"),
    "servfail": (lambda q, a: h.reply(q, rcode=2), None, "local"),
    "loop": (lambda q, a: loops(q), None, "garbled local"),
    "self-pointer": (lambda q, a: pointer_to_itself(q), None,
                     "garbled local"),
    "count-lies": (lambda q, a: h.reply(q, count=65535), None,
                   "garbled local"),
    "cut-no-tcp": (lambda q, a: cut(q), None, "refused local"),
    "cut-mute": (lambda q, a: cut(q), stream(lambda q: None), "no-reply"),
    "cut-reset": (lambda q, a: cut(q), h.reset, "local reset unreachable"),
    "cut-for-ever": (lambda q, a: cut(q), stream(cut),
                     "garbled"),
    "tcp-noise-for-ever": (lambda q, a: cut(q), h.flood(b"\xff\xff\xff"),
                           "no-reply local garbled"),
    "tcp-crumbs": (lambda q, a: cut(q),
                   lambda c: h.crumbs(c, bytes(2) + bytes(65536), 0.01),
                   "no-reply local garbled"),
    "4000-records": (lambda q, a: cut(q), stream(
        lambda q: many(q, h.A, 4000, bytes([10, 0, 0, 1]))), "answered"),
    "4000-srv": (only(h.SRV, cut), stream(lambda q: h.reply(q, [
        h.record(h.SRV, srv(h.labels(f"s{i}.c.test")))
        for i in range(1500)])), "answered"),
    "aliases-in-a-ring": (lambda q, a: aliases(q), None, "answered"),
    "label-escapes": (only(h.SRV, evil_target), None, "answered"),
}


class Case:
    def __init__(self, title, probe, outcomes, tcp=None, udp=None, dns=None):
        self.title, self.probe = title, probe
        self.outcomes = outcomes.replace("|", " ").split()
        self.tcp, self.udp, self.dns = tcp, udp, dns


def cases():
    for title, (serve, outcomes) in ANY.items():
        for probe, outcome in zip(("sip", "webconf", "msturn-allocate-tcp"),
                                  outcomes.split()):
            yield Case(f"{probe}: {title}", probe, outcome, tcp=serve)
    for title, (serve, outcome) in SIP.items():
        yield Case(f"sip inside TLS: {title}", "sip-options-control", outcome,
                   tcp=h.over_tls(serve))
    for title, pem in CERTIFICATES.items():
        yield Case(f"certificate: {title}", "sip", "answered",
                   tcp=h.over_tls(h.sip(), pem))
    yield Case("certificate: more than is read", "sip", "garbled",
               tcp=h.over_tls(h.sip(), big_chain))
    yield Case("sip: asks for a certificate", "sip", "answered",
               tcp=h.over_tls(h.sip(), ask=True))
    yield Case("sip: asks for a certificate, TLS 1.2", "sip", "answered",
               tcp=h.over_tls(h.sip(), ask=True, version=TLS12))
    for title, (serve, outcome) in RELAY.items():
        yield Case(f"relay: {title}", "msturn-allocate", outcome,
                   udp=h.relay(serve))
    for title, (act, outcome) in HELLO.items():
        yield Case(f"relay over TCP: {title}", "msturn-allocate-tcp", outcome,
                   tcp=h.relay_stream(act))
    for title, (datagrams, talk, outcome) in DNS.items():
        yield Case(f"dns: {title}", "dns", outcome, dns=(datagrams, talk))


def address_of(index):
    return f"192.0.2.{index + 1}"


def start(case, address, files):
    datagrams, talk = case.dns or (h.honest, None)
    h.serve_udp(address, 53, lambda query: datagrams(query, address))
    if talk:
        h.serve_tcp(address, 53, talk)
    if case.tcp:
        serve = case.tcp
        if hasattr(serve, "needs_directory"):
            serve = serve(files)
        h.serve_tcp(address, 443, serve)
    if case.udp:
        h.serve_udp(address, 3478, case.udp)


def look(tool, case, address, text):
    """Exit code, JSON, what was said aside, seconds."""
    probe = "sip" if case.probe.startswith("sip") else case.probe
    command = [str(lab.BUILD / tool), "c.test", "--access", "sip.c.test",
               "--webconf", "webcon.c.test", "--av", "av.c.test", "-vv",
               "--resolver", address, "-4", "--timeout", str(STEP_S),
               "--deadline", str(RUN_S), "--color=always", "-o", "json",
               "-o", f"text:{text}"]
    if probe != "dns":
        command += ["--only", probe]
    if tool == PLAIN:
        command = ["sh", "-c", f'ulimit -d {DATA_MAX_KB}; exec "$@"', "sh",
                   *command]
    began = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=lab.ROOT, env=lab.ENVIRONMENT, timeout=4 * RUN_S,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False)
    except subprocess.TimeoutExpired:
        return -1, b"", "does not end", 4 * RUN_S
    return (done.returncode, done.stdout,
            done.stderr.decode(errors="replace"), time.monotonic() - began)


def jq(data):
    return subprocess.run(["jq", "-e", "."], input=data, check=False,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


COLOUR = re.compile(r"\x1b\[[0-9;]*m")
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f"
                    r"\u202a-\u202e]")


def text_problems(what, data):
    try:
        text = data.decode()
    except UnicodeDecodeError as why:
        yield f"{what}: {why}"
        return
    found = OBEYED.search(COLOUR.sub("", text))
    if found:
        at = found.start()
        yield f"{what}: {COLOUR.sub('', text)[max(0, at - 60):at + 20]!r}"


def seen_by(case, document):
    for seen in document["observations"]:  # 5061 is not there at all
        if seen["probe"] == case.probe and (
                seen["endpoint"]["port"] != 5061 if case.probe != "dns"
                else seen["facts"].get("dns.type") == "SRV"):
            return seen
    return None


def blamed(document, seen):
    """States of the rows that rest on the observation."""
    return {verdict["state"] for verdict in document["verdicts"]
            if seen["id"] in [o["id"] for o in verdict["observations"]]}


def outcome_problems(case, document):
    seen = seen_by(case, document)
    if not seen:
        yield "no observation of " + case.probe
        return
    if seen["outcome"] not in case.outcomes:
        yield f"{seen['outcome']}: {seen.get('detail')}"
    states = blamed(document, seen)
    if (seen["outcome"] == "local" or
            (case.probe == "dns" and seen["outcome"] != "answered")) and (
            states & {"blocked", "wrong"}):
        yield f"our trouble is held against the Edge: {states}"
    if (case.probe != "dns" and seen["outcome"] not in ("local", "answered")
            and not states & {"blocked", "wrong"}):
        yield f"the peer's fault is held against nobody: {states}"


def step_problems(document):
    """A phase lasts a step at the most, by the trace."""
    for seen in document["observations"]:
        ends = [step["ms"] for step in seen["trace"]] + [seen["duration_ms"]]
        for begin, end in zip(ends, ends[1:]):
            if end - begin > 1000 * (STEP_S + SLACK_S):
                yield f"{seen['probe']}: a step of {end - begin} ms"


def run_problems(case, address, tool, files):
    text = os.path.join(files, f"{address}.{tool.replace('/', '-')}.txt")
    code, out, err, seconds = look(tool, case, address, text)
    if code not in (0, 1, 2, 3):
        yield f"{tool}: exit {code}: {err[:2000]}"
        return
    yield from text_problems("errors", err.encode())
    yield from text_problems("JSON", out)
    with open(text, "rb") as file:
        yield from text_problems("text", file.read())
    if not jq(out):
        yield f"jq does not take the JSON: {out[:200]}"
        return
    if len(out) > JSON_MAX:
        yield f"the JSON is of {len(out)} bytes"
    document = json.loads(out)
    if document["exit"] != code:
        yield f"exit {code}, JSON says {document['exit']}"
    yield from outcome_problems(case, document)
    if tool == PLAIN and seconds > RUN_S + SLACK_S:
        yield f"took {seconds:.2f} s"
    if tool == PLAIN:
        yield from step_problems(document)
    if os.environ.get("SHOW"):
        seen = seen_by(case, document) or {}
        print(f"{case.title:45} {tool:14} {code} {seconds:5.2f}s {len(out)} "
              f"{seen.get('outcome')} {seen.get('phase')} "
              f"{seen.get('duration_ms')}: {seen.get('detail')!r:.80} "
              f"{blamed(document, seen) if seen else ''}", flush=True)


def interrupted(files, address, index):
    """One run that a signal ends, sooner or later; its problems."""
    place = pathlib.Path(files, f"signal-{index}")
    place.mkdir()
    number = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[index % 3]
    tool = PLAIN if index // 3 % 3 else SANITIZED
    command = [str(lab.BUILD / tool), "c.test",
               "--resolver", address, "-4", "-o", "json", "-o",
               f"json:{place / 'run.json'}", "-o",
               f"ndjson:{place / 'run.ndjson'}"]
    process = subprocess.Popen(
        command, cwd=lab.ROOT, env=lab.ENVIRONMENT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(SIGNALS_OVER_S * (index / SIGNALS) ** 2)
    process.send_signal(number)
    try:
        out, err = process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return ["does not end"]
    left = sorted(path.name for path in place.iterdir())
    if process.returncode == -number and not out and not left:
        return []  # before it had begun
    if process.returncode not in (2, 3):
        return [f"exit {process.returncode}: {err[:500]}; files {left}"]
    if left != ["run.json", "run.ndjson"]:
        return [f"files {left}"]
    texts = [out, (place / "run.json").read_bytes(),
             (place / "run.ndjson").read_bytes()]
    return [f"no JSON: {text[-80:]}" for text in texts if not jq(text)]


def check_signals(tally, files, address):
    h.serve_udp(address, 53, lambda query: h.honest(query, address))
    for port in (443, 5061):
        h.serve_tcp(address, port, h.mute)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda i: [
            f"signal {i}: {problem}"
            for problem in interrupted(files, address, i)], range(SIGNALS))
    tally.check("ends_whole_at_any_signal", itertools.chain(*found))


def check_many(tally, address):
    """256 silent hosts, and no time for them."""
    hosts = [f"127.1.{i // 200}.{i % 200 + 1}" for i in range(256)]

    def answer(query):
        asked, kind, _ = h.question_of(query)
        if kind != h.A or asked.startswith("_"):
            return h.honest(query, address)
        return h.reply(query, [h.record(h.A, h.socket.inet_aton(host))
                               for host in hosts])

    h.serve_udp(address, 53, lambda query: answer(query)
                if len(answer(query)) < 1200 else cut(query))
    h.serve_tcp(address, 53, stream(answer))
    command = [str(lab.BUILD / PLAIN), "c.test", "--resolver", address, "-4",
               "--deadline", "1.5", "-o", "json"]
    # nobody accepts, but the kernel does
    with h.socket.create_server(("0.0.0.0", 443), backlog=512), \
            h.socket.create_server(("0.0.0.0", 5061), backlog=512):
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=20,
                              check=False)
    spent_ms = json.loads(done.stdout)["duration_ms"]
    tally.check("a_deadline_holds_for_256_targets",
                [f"{spent_ms} ms"] if spent_ms > 1500 + 1000 * SLACK_S
                else [])


def inside(chosen):
    files = os.environ["LAB"]
    h.make_key(os.path.join(files, "key.pem"))
    tally = Tally()
    if not chosen or "targets" in chosen:
        check_many(tally, "127.0.0.53")
    if not chosen or "signals" in chosen:
        check_signals(tally, files, address_of(252))
    numbered = [(case, address_of(i)) for i, case in enumerate(cases())
                if not chosen or any(c in case.title for c in chosen)]
    for case, address in numbered:
        start(case, address, files)

    def problems(pair):
        case, address = pair
        return [problem for tool in (SANITIZED, PLAIN)
                for problem in run_problems(case, address, tool, files)]

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for (case, _), found in zip(numbered, pool.map(problems, numbered)):
            tally.check(case.title, found)
    tally.finish()


def main(arguments):
    if arguments[:1] == ["--inside"]:
        inside(arguments[1:])
    addresses = [address_of(i) for i, _ in enumerate(cases())]
    addresses.append(address_of(252))
    code, out, err = lab.enclosed(__file__, ["--inside", *arguments],
                                  addresses, 200)
    print(out, end="")
    print(err, end="", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
