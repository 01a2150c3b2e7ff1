#!/usr/bin/env python3
"""dns_lab.py - DNS against real authoritative servers, and bad resolvers.

nsd serves a zone with an alias, more addresses than fit into a datagram, and
a name without records; and zones with the mistakes of edge-services.md 11.
A second nsd says something else of one of them. Beside both stand resolvers
that fail, refuse, keep silent, or are not there. What edgeprobe observes and
what it makes of it is compared.
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
HEAD = """\
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
"""
USUAL = HEAD + """\
_sip._tls SRV 0 0 443 sip
_sipfederationtls._tcp SRV 0 0 5061 sip
sip A 192.0.2.10
webcon A 192.0.2.20
av A 192.0.2.30
"""
# A zone a mistake: what stands in it, and what comes of it: findings (all
# but those of ports, at which nothing listens), rows and their states.
PORTS = ("access.", "federation.", "webconf.blocked", "av.", "web.", "node.",
         "net.")
ZONES = {
    "well.example": (USUAL, [], {
        "dns.hosting": "verified", "dns.inside-names": "verified",
        "dns.no-wildcard": "verified", "dns.equal-counts": "verified",
        "webconf.own-address": "verified", "dns.srv-same-domain": "verified",
        "dns.resolvers-agree": "unobserved"}),
    "wildcard.example": (USUAL.replace("av A 192.0.2.30\n", "")
                         + "* A 192.0.2.40\n",
                         ["av.name-unknown", "dns.wildcard"],
                         {"dns.no-wildcard": "warn",
                          "dns.inside-names": "unobserved",
                          "dns.single.a.access": "verified",
                          "dns.single.a.av": "unobserved"}),
    "misspelt.example": (USUAL.replace("_sip._tls", "_sip._tcp").replace(
        "_sipfederationtls._tcp",
        "_sipfederationtls._tcp.misspelt.example"),
                         ["dns.sip-tls-required", "dns.sipfed-discovery"],
                         {"dns.sip-tls-required": "wrong",
                          "dns.sipfed-discovery": "wrong"}),
    "dangling.example": (USUAL.replace("sip A 192.0.2.10", "sip CNAME gone"),
                         ["dns.srv-target-unknown"],
                         {"dns.single.srv.sip-tls": "wrong",
                          "dns.single.a.access": "wrong"}),
    "nodot.example": (USUAL.replace("443 sip", "443 sip.nodot.example"),
                      ["dns.srv-target-form"],
                      {"dns.single.srv.sip-tls": "wrong",
                       "dns.srv-same-domain": "warn"}),
    "letters.example": (USUAL.replace("5061 sip", "5061 203.0.113.5."),
                        ["dns.srv-target-form"],
                        {"dns.single.srv.sipfed": "wrong",
                         "federation.identity": "wrong"}),
    "inside.example": (USUAL + "lyncdiscoverinternal A 10.1.1.5\n"
                       "_sipinternaltls._tcp SRV 0 0 5061 pool\n"
                       "pool A 10.1.1.6\n",
                       ["dns.inside-names"], {"dns.inside-names": "warn"}),
    "private.example": (USUAL.replace("5061 sip", "5061 fed")
                        + "fed A 100.64.1.1\nfed AAAA fd00::1\n",
                        ["dns.no-private-outside"],
                        {"dns.single.srv.sipfed": "wrong"}),
    "shared.example": (USUAL.replace("192.0.2.20", "192.0.2.30"),
                       ["webconf.av-address"],
                       {"webconf.own-address": "warn"}),
    "cloud.example": (HEAD + """\
_sip._tls SRV 100 1 443 sipdir.online.lync.com.
_sipfederationtls._tcp SRV 100 1 5061 sipfed.online.lync.com.
sip CNAME sipdir.online.lync.com.
lyncdiscover CNAME webdir.online.lync.com.
webcon A 192.0.2.20
""", ["dns.cloud-hosted"], {"dns.hosting": "verified",
                            "dns.sip-tls-required": "n/a",
                            "dns.single.a.webcon": "n/a"}),
    "split.example": (USUAL.replace("5061 sip",
                                    "5061 sipfed.online.lync.com."),
                      ["dns.cloud-split"], {"dns.hosting": "wrong"}),
}
OTHER = "192.0.2.39"  # of the second nsd
HUGE = "huge.example"
HUGE_RECORDS = 4000
NSD = """\
server:
    ip-address: {address}
    username: ""
    chroot: ""
    database: ""
    zonesdir: "{files}"
    zonelistfile: "{files}/zone.list"
    xfrdir: "{files}"
    xfrdfile: "{files}/xfrd.state"
    xfrdir: "{files}"
    pidfile: "{files}/nsd.pid"
    server-count: 1
    verbosity: 1
remote-control:
    control-enable: no
"""


def start_nsd(here, name="nsd", address=lab.RESOLVER, zones=None):
    """nsd with the zone above, or with zones: {name: text}."""
    files = here.files / name
    files.mkdir()
    text = NSD.format(address=address, files=files)
    for zone, records in (zones or {"contoso.com": ZONE}).items():
        (files / zone).write_text(records, encoding="ascii")
        text += f"zone:\n    name: {zone}\n    zonefile: {zone}\n"
    (files / "nsd.conf").write_text(text, encoding="ascii")
    here.start(name, ["nsd", "-d", "-c", str(files / "nsd.conf")])
    lab.wait_until(name, lambda: here.alive(name) and answers(address))


def answers(address):
    """Whether a server is there: any answer will do."""
    question = bytes.fromhex("000101000001000000000000"
                             "07636f6e746f736f03636f6d0000060001")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        try:
            asking.sendto(question, (address, 53))
            return len(asking.recv(4096)) > 0
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


def look(here, *resolvers, domain="contoso.com"):
    """{(name, type): observation} of a run that only asks DNS."""
    arguments = [domain, "--only", "dns", "--timeout", "1",
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


def states_of(document, row):
    return sorted({v["state"] for v in document["verdicts"]
                   if v["requirement"] == row})


def sentences_of(document, row):
    return " ".join(v["because"] for v in document["verdicts"]
                    if v["requirement"] == row)


def look_whole(here, domain, *resolvers):
    """The document of a run that looks at everything."""
    arguments = [domain, "--timeout", "1", "--deadline", "20"]
    for resolver in resolvers or (lab.RESOLVER,):
        arguments += ["--resolver", resolver]
    return here.document(*arguments)


def check_mistakes(tally, here):
    documents = {}
    for domain, (_, findings, rows) in ZONES.items():
        document = documents[domain] = look_whole(here, domain)
        found = sorted(one["id"] for one in document["findings"]
                       if not one["id"].startswith(PORTS)
                       or one["id"] in findings)
        seen = {row: states_of(document, row) for row in rows}
        tally.same(f"tells_the_mistake_of_{domain}",
                   (found, seen),
                   (findings, {row: [state] for row, state in rows.items()}))
    tally.check("says_how_a_record_is_misspelt", [
        word for word in ("_sip._tcp.misspelt.example exists",)
        if word not in sentences_of(documents["misspelt.example"],
                                    "dns.sip-tls-required")] + [
        word for word in ("the zone was appended twice",)
        if word not in sentences_of(documents["misspelt.example"],
                                    "dns.sipfed-discovery")])
    cloud = documents["cloud.example"]
    tally.same("looks_at_nothing_that_is_hosted_elsewhere",
               (cloud["exit"], sorted({seen["probe"] for seen in
                                       cloud["observations"]}),
                [v for v in cloud["verdicts"] if v["needed"]]),
               (3, ["dns"], []))


def check_disagreement(tally, here):
    """Two resolvers: split answers, the same, and one that fails."""
    split = look_whole(here, "well.example", lab.RESOLVER, OTHER)
    said = sentences_of(split, "dns.resolvers-agree")
    tally.same("warns_of_resolvers_that_say_different_things",
               states_of(split, "dns.resolvers-agree"), ["warn"])
    tally.check("says_who_said_what", [
        f"{part!r} is not in {said!r}" for part in (
            f"sip.well.example A: {lab.RESOLVER}:53 says 192.0.2.10, "
            f"{OTHER}:53 says 10.1.1.10",
            f"_sipfederationtls._tcp.well.example SRV: {lab.RESOLVER}:53 says "
            f"0 0 5061 sip.well.example, {OTHER}:53 says NXDOMAIN")
        if part not in said])
    same = look_whole(here, "inside.example", lab.RESOLVER, OTHER)
    tally.same("is_content_where_resolvers_agree",
               states_of(same, "dns.resolvers-agree"), ["verified"])
    lame = look_whole(here, "well.example", lab.RESOLVER, FAILING)
    tally.same("notes_a_resolver_that_fails_where_another_answers",
               (states_of(lame, "dns.resolvers-agree"),
                [one["severity"] for one in lame["findings"]
                 if one["id"] == "dns.resolver-failed"],
                "SERVFAIL, resolver failed (DNSSEC? lame delegation?)"
                in sentences_of(lame, "dns.resolvers-agree")),
               (["verified"], ["info"], True))
    failed = here.document("-t", str(here.topology()), "--only", "dns",
                           "--resolver", FAILING, "--timeout", "1")
    tally.same("does_not_take_servfail_for_a_missing_record",
               (states_of(failed, "dns.sip-tls-required"),
                "resolver failed (DNSSEC? lame delegation?)"
                in sentences_of(failed, "dns.sip-tls-required")),
               (["unobserved"], True))


def check_huge(tally, here):
    """More records than are kept: looked at in time, and said to be cut."""
    document, seen = look(here, lab.RESOLVER, domain=HUGE)
    name = f"sip.{HUGE}"
    tally.same("keeps_512_of_4000_records_and_says_so",
               (len(fact(seen, name, "A", "dns.answer") or []),
                fact(seen, name, "A", "dns.cut"),
                fact(seen, name, "A", "dns.tcp"),
                "and 500 more (the answer is cut here)"
                in sentences_of(document, "dns.scaled.a.access"),
                "512 or more addresses"
                in sentences_of(document, "pool.max-12")),
               (512, True, True, True, True))


def inside():
    here = lab.Lab()
    zones = {name: text for name, (text, _, _) in ZONES.items()}
    huge = USUAL + "".join(
        f"sip A 198.{18 + i // 65536}.{i // 256 % 256}.{i % 256}\n"
        for i in range(HUGE_RECORDS))
    start_nsd(here, "nsd-all", lab.RESOLVER,
              {**zones, "contoso.com": ZONE, HUGE: huge})
    start_nsd(here, "nsd-other", OTHER, {
        **zones, "well.example": HEAD + "_sip._tls SRV 0 0 443 sip\n"
        "sip A 10.1.1.10\nwebcon A 192.0.2.20\nav A 192.0.2.30\n"})
    bad_resolver(FAILING, SERVFAIL)
    bad_resolver(REFUSING, REFUSED)
    bad_resolver(SILENT, None)
    tally = Tally()
    check_zone(tally, here)
    check_resolvers(tally, here)
    check_hostile_names(tally, here)
    check_mistakes(tally, here)
    check_disagreement(tally, here)
    check_huge(tally, here)
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
