"""hostile_xmpp.py - XMPP proxies that mean it ill, for hostile_lab.py."""

import hostile as h

E = h.ESCAPES.replace("\r\n", "").replace("\0", "")
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
          "xmlns:stream='http://etherx.jabber.org/streams' from='c.test' "
          "id='1' version='1.0'>")
OFFER = f"<starttls xmlns='{TLS}'><required/></starttls>"
PROCEED = f"<proceed xmlns='{TLS}'/>".encode()
BOMB = "<!DOCTYPE b [<!ENTITY a '" + "x" * 99 + "'>" + "".join(
    f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>"
    for i in range(9)) + "]>"


def features(inner=OFFER):
    return f"<stream:features>{inner}</stream:features>"


def greeting(header=HEADER, inner=OFFER):
    return (header + features(inner)).encode("utf-8", "surrogateescape")


def header_with(**attributes):
    text = HEADER
    for name, value in attributes.items():
        text = text.replace(f" {name}='", f" {name}='{value}")
    return text


def read_until(connection, word):
    data = b""
    while word not in data:
        more = connection.recv(65536)
        if not more:
            raise EOFError
        data += more


def stream(*answers, put=h.whole, after=h.mute):
    """Answers the header, then STARTTLS, with these; then after()."""
    def serve(connection):
        for word, answer in zip((b"version=", b"<starttls"), answers):
            read_until(connection, word)
            put(connection, answer)
        after(connection)
    return serve


def floods(begin, data):
    """Begins well and then does not end."""
    return stream(begin, after=h.flood(data))


def secured(act, proceed=PROCEED):
    """STARTTLS in good order; act(connection) is what happens behind it."""
    def make(directory):
        inside = h.over_tls(act)(directory)
        return stream(greeting(), proceed, after=inside)
    make.needs_directory = True
    return make


def error(text, condition="host-unknown"):
    return (HEADER + "<stream:error><" + condition + " xmlns='urn:ietf:params:"
            f"xml:ns:xmpp-streams'/><text>{text}</text></stream:error>"
            ).encode()


MECHANISMS = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + "".join(
    f"<mechanism>{E}{i}</mechanism>" for i in range(500)) + "</mechanisms>"

# What the peer does, what is seen. In clear text:
CLEAR = {
    "header-alone": (stream(HEADER.encode()), "no-reply"),
    "header-twice": (stream((HEADER + HEADER).encode()), "garbled no-reply"),
    "features-alone": (stream(features().encode()), "garbled"),
    "bomb": (stream((BOMB + HEADER + "&j;").encode()), "garbled"),
    "bomb-in-header": (stream(
        ("<?xml version='1.0'?>" + BOMB + HEADER[21:]).encode()), "garbled"),
    "comment": (stream(greeting(HEADER + "<!-- -->")), "garbled"),
    "instruction": (stream(greeting(HEADER + "<?php x?>")), "garbled"),
    "character-data": (floods(HEADER.encode(), b"x"), "garbled"),
    "entities": (stream(greeting(header_with(
        **{"from": "&#27;[2J&#x9b;31m&lt;"}))), "no-reply"),
    "escapes": (stream(greeting(header_with(
        **{"from": E, "id": E, "version": E}))), "garbled no-reply answered"),
    "not-utf8": (stream(greeting(header_with(
        **{"from": "\udcff\udcc3(\udc9b2J"}))), "garbled no-reply"),
    "nul": (stream(greeting(header_with(**{"from": "a\0b"}))),
            "garbled no-reply"),
    "utf-16": (stream(greeting().decode().encode("utf-16")), "garbled"),
    "depth-for-ever": (floods(HEADER.encode(), b"<a>"), "garbled"),
    "stanzas-for-ever": (floods(HEADER.encode(), b"<message/>"), "garbled"),
    "attributes-for-ever": (floods(HEADER.encode() + b"<a",
                                   b" b='c' xmlns:d='e'"), "garbled"),
    "prefixes-many": (stream(greeting(HEADER[:-1] + "".join(
        f" xmlns:p{i}='u{i}'" for i in range(200)) + ">")),
        "garbled no-reply"),
    "value-for-ever": (floods(HEADER[:-1].encode() + b" a='", b"<>&\""),
                       "garbled"),
    "name-for-ever": (floods(HEADER.encode() + b"<", b"n"), "garbled"),
    "mechanisms-many": (stream(greeting(inner=OFFER + MECHANISMS)),
                        "no-reply garbled"),
    "pieces": (stream(greeting(), error("bye")[len(HEADER):], put=h.pieces),
               "answered"),
    "slow-crumbs": (stream(greeting(),
                           put=lambda c, data: h.crumbs(c, data, 0.05)),
                    "no-reply"),
    "error-escapes": (stream(error(E)), "answered garbled"),
    "error-entities": (stream(error("&#27;[2J&#x202e;")), "answered"),
    "error-long": (stream(error("x" * 60000)), "answered garbled"),
    "error-odd": (stream(error("", "x" * 300)), "garbled answered"),
    "no-starttls": (stream(greeting(inner=MECHANISMS)), "answered garbled"),
    "before-1.0": (stream(greeting(HEADER.replace(" version='1.0'>", ">"))),
                   "answered"),
    "ends-at-once": (stream((HEADER + "</stream:stream>").encode()),
                     "closed"),
    "starttls-unanswered": (stream(greeting()), "no-reply"),
    "starttls-fails": (stream(greeting(), f"<failure xmlns='{TLS}'/>".encode()
                              ), "answered"),
    "starttls-others-for-ever": (stream(greeting(), b"", after=h.flood(
        b"<message/>")), "garbled"),
    "proceed-and-close": (stream(greeting(), PROCEED,
                                 after=lambda c: None), "closed reset"),
    "proceed-and-reset": (stream(greeting(), PROCEED, after=h.reset_now),
                          "reset"),
    "proceed-and-mute": (stream(greeting(), PROCEED), "no-reply"),
    "proceed-and-noise": (stream(greeting(), PROCEED,
                                 after=h.say(b"\xff" * 400)),
                          "garbled no-reply"),
    "proceed-and-noise-for-ever": (stream(greeting(), PROCEED,
                                          after=h.flood(b"\xff\xfe")),
                                   "garbled"),
    "proceed-and-alerts-for-ever": (stream(greeting(), PROCEED, after=h.flood(
        b"\x15\3\3\0\2\1\x70")), "garbled no-reply"),
}

# Behind STARTTLS; the chain and the names were seen by then.
SECURED = {
    "injected-before": (secured(h.mute, PROCEED + greeting()), "no-reply"),
    "mute": (secured(h.mute), "no-reply"),
    "close": (secured(lambda c: None), "answered"),
    "noise": (secured(h.say(b"\xff\xfe\0" * 50)), "garbled"),
    "noise-for-ever": (secured(h.flood(b"\xff\xfe\0")), "garbled"),
    "spaces-for-ever": (secured(h.flood(b" \n")), "garbled"),
    "bomb": (secured(h.say((BOMB + HEADER).encode())), "garbled"),
    "features": (secured(h.say(greeting())), "answered"),
    "features-in-pieces": (secured(h.in_pieces(greeting())), "answered"),
    "features-of-escapes": (secured(h.say(greeting(
        inner=MECHANISMS))), "answered garbled"),
    "error-of-escapes": (secured(h.say(error(E))), "answered garbled"),
    "stanzas-for-ever": (secured(h.flood(b"<a b='c'/>")), "garbled"),
}
