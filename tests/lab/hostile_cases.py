"""hostile_cases.py - the peers of hostile_lab.py, and what each comes to.

A table a probe: what the peer does, and the outcomes that are right for it.
"""

import os

import hostile as h
import hostile_tls as tls
import hostile_turn as turn
import hostile_xmpp as xmpp

E = h.ESCAPES.replace("\r\n", "").replace("\0", "")
TLS12 = h.ssl.TLSVersion.TLSv1_2


def big_chain():
    return h.certificate() + "".join(
        h.certificate(b"x" * 65000, serial=i) for i in range(2, 12))


WARNING = tls.record(b"\1\x70", 0x15)  # unrecognized_name, not fatal

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
    "alert": (h.say(tls.record(b"\2\x28", 0x15)), "alert alert alert"),
    "alerts-for-ever": (h.flood(WARNING),
                        "garbled|no-reply garbled|no-reply alert"),
    "broken-hello": (h.say(tls.record(b"\2\0\0\x26" + b"\3\3" + bytes(36))),
                     "garbled garbled garbled"),
    "endless-handshake": (h.flood(tls.record(b"\2\xff\xff\xff"
                                             + bytes(16000))),
                          "garbled garbled garbled"),
    # where much runs beside it, the step may be over before the limit
    "hello-requests-for-ever": (h.flood(tls.record(bytes(4))),
                                "garbled|no-reply garbled|no-reply garbled"),
    "hello-in-crumbs": (h.say_slowly(tls.record(b"\2\xff\xff\xff"
                                                + bytes(9000)), 0.02),
                        "no-reply no-reply garbled"),
}

# Where XMPP comes to something else: what is no XML will not become any.
XMPP_OF_ANY = {
    "alert": "garbled", "alerts-for-ever": "garbled",
    "hello-requests-for-ever": "garbled", "hello-in-crumbs": "garbled",
}

# Inside TLS: what the first question of the sip probe comes to.
SIP = {
    "mute": (h.mute, "no-reply"),
    "close": (h.close, "closed"),
    "reset": (h.reset, "reset"),
    "noise": (h.say(b"\xff\xfe\x00" * 100), "garbled"),
    "noise-for-ever": (h.flood(b"\xff\xfe\x00"), "garbled"),
    "newlines-for-ever": (h.flood(b"\r\n"), "garbled"),
    # the bound on bytes or that on time: whichever this machine meets first
    "trying-for-ever": (h.sip_flood(status="100 Trying"), "garbled|no-reply"),
    "others-answers-for-ever": (
        h.sip_flood(via="SIP/2.0/TLS x;branch=z9hG4bKnot-ours"),
        "garbled|no-reply"),
    "others-answer": (h.sip(via="SIP/2.0/TLS x;branch=z9hG4bKx"), "no-reply"),
    "requests-for-ever": (
        h.flood(b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n"),
        "garbled|no-reply"),
    "long-header": (h.sip(extra="X: " + "x" * 70000 + "\r\n"), "garbled"),
    "endless-header": (h.flood(b"SIP/2.0 200 OK\r\n" + b"X: y\r\n" * 3000),
                       "garbled"),
    "many-headers": (h.sip(extra="X: y\r\n" * 9000), "answered garbled"),
    "crumbs": (h.sip(h.bits), "answered"),
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
    "names-of-escapes": (h.sip(extra=f"{E}: x\r\nX\x1b[2J: y\r\n"),
                         "garbled answered"),
    "folded-for-ever": (h.flood(b"SIP/2.0 200 OK\r\nX: y" + b"\r\n z" * 9000),
                        "garbled"),
    "folded-escapes": (h.sip(extra=f"Server: RTC/7.0\r\n {E}\r\n\t{E}\r\n"),
                       "answered"),
    "compact-names": (h.sip(extra=f"s: {E}\r\nl: 0\r\nk: {E}\r\n"),
                      "garbled answered"),
    "via-escapes": (h.sip(via_extra=f';received="{E}";ms-received-port={E};'
                          f"rport=99999999999"), "answered"),
    "diagnostics-many": (h.sip(extra="".join(
        f'ms-diagnostics: {i};reason="{E}";source="{E}"\r\n'
        f'ms-diagnostics-public: {i};{E}={E}\r\n' for i in range(100))),
        "answered"),
    "date-far": (h.sip(extra="Date: Fri, 31 Dec 999999999 23:59:60 GMT\r\n"),
                 "answered"),
    "body-of-a-mebibyte": (h.sip(length=1 << 20, body="x" * (1 << 20)),
                           "answered"),
    "body-too-long": (h.sip(length=(1 << 20) + 1, body="x" * (1 << 20)),
                      "garbled"),
    "answers-by-the-dozen": (h.sip(lambda c, data: c.sendall(data * 12)),
                             "answered"),
    "junk-behind-the-answer": (h.sip(lambda c, data: c.sendall(
        data + b"\xff" * 70000)), "answered"),
    "answer-before-the-question": (
        h.say(b"SIP/2.0 504 x\r\nVia: SIP/2.0/TLS x;branch=z9hG4bK\r\n"
              b"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"), "no-reply"),
    "trying-slowly-for-ever": (h.sip_drip("100 Trying"), "no-reply"),
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
    "crumbs": (lambda c, t: h.bits(c, h.frame(h.allocate_error(
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


def aliases(query):
    name = h.question_of(query)[0]
    return h.reply(query, [
        h.record(h.CNAME, h.labels("b." + name)),
        h.record(h.CNAME, h.labels(name), h.labels("b." + name))])


def evil_target(query):
    return h.reply(query, [h.record(h.SRV, srv(
        bytes([len(E.encode())]) + E.encode() + h.labels("c.test")))])


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
    "cut-no-tcp": (lambda q, a: h.cut(q), None, "refused local"),
    "cut-mute": (lambda q, a: h.cut(q), h.stream(lambda q: None), "no-reply"),
    # c-ares tries again, and what it tells last depends on how long it may
    "cut-reset": (lambda q, a: h.cut(q), h.reset,
                  "local reset unreachable no-reply"),
    "cut-for-ever": (lambda q, a: h.cut(q), h.stream(h.cut),
                     "garbled"),
    "tcp-noise-for-ever": (lambda q, a: h.cut(q), h.flood(b"\xff\xff\xff"),
                           "no-reply local garbled"),
    "tcp-crumbs": (lambda q, a: h.cut(q),
                   lambda c: h.crumbs(c, bytes(2) + bytes(65536), 0.01),
                   "no-reply local garbled"),
    "4000-records": (lambda q, a: h.cut(q), h.stream(
        lambda q: many(q, h.A, 4000, bytes([10, 0, 0, 1]))), "answered"),
    "4000-srv": (only(h.SRV, h.cut), h.stream(lambda q: h.reply(q, [
        h.record(h.SRV, srv(h.labels(f"s{i}.c.test")))
        for i in range(1500)])), "answered"),
    "aliases-in-a-ring": (lambda q, a: aliases(q), None, "answered"),
    "label-escapes": (only(h.SRV, evil_target), None, "answered"),
}


# After a handshake in good order; what sip and webconf see. webconf listens
# for three round trips, which may be over before a flood has begun.
MISUSE = {
    "renegotiates-for-ever": (tls.after_handshake(
        tls.renegotiate, tls.TLS_1_2), "no-reply|garbled answered"),
    "asks-to-renegotiate": (tls.after_handshake(
        tls.request_once, tls.TLS_1_2), "no-reply answered"),
    "new-keys-for-ever": (tls.after_handshake(tls.update_keys),
                          "no-reply|garbled answered"),
    "new-keys-and-a-byte-for-ever": (tls.after_handshake(
        tls.update_and_whisper), "no-reply|garbled answered"),
    "tickets-for-ever": (tls.after_handshake(tls.send_tickets),
                         "no-reply|garbled answered"),
    "close-notify-alone": (tls.after_handshake(tls.say_goodbye),
                           "closed answered"),
    "noise": (tls.after_handshake(lambda s, c: h.say(b"\xff" * 99)(c)),
              "garbled garbled|answered"),
    "noise-for-ever": (tls.after_handshake(
        lambda s, c: h.flood(b"\xff\xfe")(c)), "garbled garbled|answered"),
    "empty-records-for-ever": (tls.after_handshake(
        lambda s, c: h.flood(tls.record(b"", 0x17))(c)),
        "garbled garbled|answered"),
    "plain-alerts-for-ever": (tls.after_handshake(
        lambda s, c: h.flood(WARNING)(c), tls.TLS_1_2),
        "garbled garbled|answered"),
}

# A certificate message made by hand; what any TLS probe sees.
BY_HAND = {
    "none": (tls.certificates_message(tls.list_of()), "garbled"),
    "empty": (tls.certificates_message(tls.list_of(b"")), "garbled"),
    "noise": (tls.certificates_message(tls.list_of(b"\xff" * 900)),
              "garbled"),
    "endless-asn1": (tls.certificates_message(
        tls.list_of(b"\x30\x84\xff\xff\xff\xff" * 50)), "garbled"),
    "nested-asn1": (tls.certificates_message(
        tls.list_of(b"\x30\x80" * 20000)), "garbled"),
    "list-length-lies": (tls.certificates_message(b"\xff\xff\xff\0\0\1x"),
                         "garbled"),
    "length-lies": (tls.certificates_message(b"\0\0\4\xff\xff\xffx"),
                    "garbled"),
    "hello-of-ssl-3": (tls.versions_answer(0x0300), "garbled"),
    "hello-of-tls-9": (tls.versions_answer(0x0309), "garbled"),
}


class Case:
    def __init__(self, title, probe, outcomes, tcp=None, udp=None, dns=None,
                 relay=None):
        self.title, self.probe = title, probe
        self.outcomes = outcomes.replace("|", " ").split()
        self.tcp, self.udp, self.dns = tcp, udp, dns
        self.relay = relay  # (stages, is it over TCP)


def tls_cases():
    for title, (serve, outcomes) in MISUSE.items():
        for probe, outcome in zip(("sip-options-control", "webconf"),
                                  outcomes.split()):
            yield Case(f"{probe} after TLS: {title}", probe, outcome,
                       tcp=serve)
    for title, (data, outcome) in BY_HAND.items():
        yield Case(f"certificates by hand: {title}", "sip", outcome,
                   tcp=h.say(data))


def xmpp_cases():
    for title, (serve, outcomes) in ANY.items():
        yield Case(f"xmpp: {title}", "xmpp", (XMPP_OF_ANY.get(title) or
                                              outcomes.split()[0]), tcp=serve)
    for title, (serve, outcome) in xmpp.CLEAR.items():
        yield Case(f"xmpp: {title}", "xmpp", outcome, tcp=serve)
    for title, (serve, outcome) in xmpp.SECURED.items():
        yield Case(f"xmpp after STARTTLS: {title}", "xmpp", outcome,
                   tcp=serve)


def relay_cases():
    for probe, is_tcp, cases in turn.TABLES:
        how = "TCP" if is_tcp else "UDP"
        for title, (turns, outcome) in cases.items():
            yield Case(f"{probe} over {how}: {title}", probe, outcome,
                       relay=(turns, is_tcp))


def all_cases():
    yield from relay_cases()
    yield from tls_cases()
    yield from xmpp_cases()
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
