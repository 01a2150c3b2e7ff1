#!/usr/bin/env python3
"""dns_lab.py - DNS against a real authoritative server, and bad resolvers.

nsd serves a zone with an alias, more addresses than fit into a datagram, and
a name without records; beside it stand resolvers that fail, refuse, keep
silent, or are not there. What edgeprobe observes is compared.
"""

import pathlib
import socket
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

FAILING, REFUSING, SILENT, ABSENT = (f"192.0.2.{n}" for n in (54, 55, 56, 57))
SERVFAIL, REFUSED = 2, 5
MANY = [f"198.51.100.{n}" for n in range(1, 121)]
ZONE = """\
$ORIGIN contoso.com.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
_sip._tls SRV 0 0 443 sip
_sipfederationtls._tcp SRV 0 0 5061 sip
_xmpp-server._tcp SRV 0 0 5269 evil\\027[31m\\007\\155
sip CNAME edge
edge A 192.0.2.10
edge AAAA 2001:db8::10
webcon TXT "no address here"
""" + "".join(f"av A {address}\n" for address in MANY)
NSD = """\
server:
    ip-address: {address}
    username: ""
    chroot: ""
    database: ""
    zonesdir: "{files}"
    zonelistfile: "{files}/zone.list"
    xfrdfile: "{files}/xfrd.state"
    xfrdir: "{files}"
    pidfile: "{files}/nsd.pid"
    server-count: 1
    verbosity: 1
remote-control:
    control-enable: no
zone:
    name: contoso.com
    zonefile: contoso.zone
"""


def start_nsd(here):
    (here.files / "contoso.zone").write_text(ZONE, encoding="ascii")
    config = here.files / "nsd.conf"
    config.write_text(NSD.format(address=lab.RESOLVER, files=here.files),
                      encoding="ascii")
    here.start("nsd", ["nsd", "-d", "-c", str(config)])
    lab.wait_until("nsd", lambda: here.alive("nsd") and answers())


def answers():
    """Whether nsd answers a question for the zone."""
    question = bytes.fromhex("000101000001000000000000"
                             "07636f6e746f736f03636f6d0000060001")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        try:
            asking.sendto(question, (lab.RESOLVER, 53))
            return asking.recv(4096)[3] & 15 == 0
        except OSError:
            return False


def bad_resolver(address, rcode):
    """Answers every question with rcode; None: with nothing."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))

    def serve():
        while True:
            query, client = server.recvfrom(4096)
            if rcode is not None:
                server.sendto(query[:2] + bytes([0x81, 0x80 | rcode])
                              + query[4:6] + bytes(6) + question_of(query),
                              client)

    threading.Thread(target=serve, daemon=True).start()


def question_of(query):
    end = query.index(b"\0", 12) + 5
    return query[12:end]


def look(here, *resolvers):
    """{(name, type): observation} of a run that only asks DNS."""
    arguments = ["contoso.com", "--only", "dns", "--timeout", "1",
                 "--deadline", "20"]
    for resolver in resolvers:
        arguments += ["--resolver", resolver]
    document = here.document(*arguments)
    return document, {
        (seen["endpoint"]["name"], seen["facts"].get("dns.type")): seen
        for seen in document["observations"] if seen["probe"] == "dns"}


def fact(seen, name, kind, key):
    found = seen.get((name, kind))
    value = found["facts"].get(key) if found else None
    return value if isinstance(value, list) or value is None or \
        key not in ("dns.answer", "dns.cname") else [value]


def check_zone(tally, here):
    _, seen = look(here, lab.RESOLVER)
    srv = ("_sip._tls.contoso.com", "SRV")
    tally.same("reads_srv_records", fact(seen, *srv, "dns.answer"),
               ["0 0 443 sip.contoso.com"])
    tally.same("knows_the_authority",
               fact(seen, *srv, "dns.authoritative"), True)
    tally.same("reads_the_time_to_live", fact(seen, *srv, "dns.ttl"), 300)
    tally.same("follows_an_alias",
               fact(seen, "sip.contoso.com", "A", "dns.answer"),
               ["192.0.2.10"])
    tally.same("tells_the_alias",
               fact(seen, "sip.contoso.com", "A", "dns.cname"),
               ["edge.contoso.com"])
    tally.same("reads_ipv6_addresses",
               fact(seen, "sip.contoso.com", "AAAA", "dns.answer"),
               ["2001:db8::10"])
    tally.same("asks_by_tcp_when_cut_short",
               fact(seen, "av.contoso.com", "A", "dns.tcp"), True)
    tally.same("keeps_all_addresses", sorted(
        fact(seen, "av.contoso.com", "A", "dns.answer") or []), sorted(MANY))
    tally.same("knows_a_name_without_records",
               (fact(seen, "webcon.contoso.com", "A", "dns.rcode"),
                fact(seen, "webcon.contoso.com", "A", "dns.answer")),
               ("NOERROR", None))
    tally.same("knows_a_name_that_does_not_exist",
               fact(seen, "avedge.contoso.com", "A", "dns.rcode")
               or fact(seen, "nobody.contoso.com", "A", "dns.rcode"),
               "NXDOMAIN")


def check_resolvers(tally, here):
    for name, address in (("fails", FAILING), ("refuses", REFUSING),
                          ("keeps_silent", SILENT), ("is_absent", ABSENT)):
        _, seen = look(here, address, lab.RESOLVER)
        tally.same(f"asks_the_next_when_a_resolver_{name}",
                   fact(seen, "_sip._tls.contoso.com", "SRV", "dns.answer"),
                   ["0 0 443 sip.contoso.com"])
    for name, address, outcome in (
            ("fails", FAILING, "local"), ("refuses", REFUSING, "local"),
            ("keeps_silent", SILENT, "no-reply"),
            ("is_absent", ABSENT, "refused")):
        document, seen = look(here, address)
        found = seen.get(("_sip._tls.contoso.com", "SRV")) or next(
            iter(document["observations"]), {})
        tally.same(f"blames_nobody_when_the_only_resolver_{name}",
                   (document["exit"], found.get("outcome")), (3, outcome))


def check_hostile_names(tally, here):
    """An SRV target with an escape sequence, a bell and a C1 control."""
    for form in ("text", "json", "ndjson"):
        code, out, err = here.probe("contoso.com", "--resolver",
                                    lab.RESOLVER, "--only", "dns", "-v", "-o",
                                    form)
        tally.check(f"shows_no_control_characters_in_{form}",
                    [repr(line) for line in (out + err).split("\n")
                     if any(ord(c) < 32 and c not in "\t\r"
                            or 127 <= ord(c) < 160 for c in line)]
                    + ([] if "evil" in out else [f"no such name: {code}"]))


def inside():
    here = lab.Lab()
    start_nsd(here)
    bad_resolver(FAILING, SERVFAIL)
    bad_resolver(REFUSING, REFUSED)
    bad_resolver(SILENT, None)
    tally = Tally()
    check_zone(tally, here)
    check_resolvers(tally, here)
    check_hostile_names(tally, here)
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
