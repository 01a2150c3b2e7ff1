#!/usr/bin/env python3
"""edgehost_lab.py - edgecheck --edge-host at an Edge's own place.

A host with the addresses of edge1 between two firewalls of nftables. Beyond
them nsd, nginx, openssl s_server as partner and as next hop, and edgesim as
an XMPP partner, as a partner's A/V Edge and as edge2. Each flow is dropped
and rejected alone, the hairpin is taken away, the host is set up wrongly in
each way that a rule speaks of; and PowerShell's report of a host is read.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from spaces import ROUTERS, Spaces  # noqa: E402
from tally import Tally  # noqa: E402

DNS, OWN_DNS, PARTNER, SIM, RELAY, WEB = (
    f"198.51.100.{n}" for n in (53, 54, 10, 69, 30, 80))
ACCESS, WEBCONF, AV, INNER = (
    "10.45.16.10", "10.45.16.20", "10.45.16.30", "172.25.33.10")
FRONT_END = "10.1.0.11"
NEIGHBOUR = "192.0.2.31"  # edge2's A/V Edge, as the Internet sees it
TOPOLOGY = f"""[deployment]
product = sfb2015
topology = scaled-dnslb-nat
sip-domains = contoso.com
internal-domain = contoso.net
internal-name = sfbedge.contoso.net
features = remote-access webconf av federation xmpp edge-to-edge-media per-role
[names]
access = sip.contoso.com
webconf = webcon.contoso.com
av = av.contoso.com
[networks]
external = 10.45.16.0/24
internal = 172.25.33.0/24
served = 10.1.0.0/16
resolvers = {DNS}
[pool pool01.contoso.net]
role = frontend
servers = fe1.contoso.net
addresses = {FRONT_END}
central-management = yes
""" + "".join(f"""[edge edge{n + 1}]
access = 10.45.16.1{n}
access-public = 192.0.2.1{n}
webconf = 10.45.16.2{n}
webconf-public = 192.0.2.2{n}
av = 10.45.16.3{n}
av-public = 192.0.2.3{n}
internal = 172.25.33.1{n}
gateway = 10.45.16.1
routes = 10.0.0.0/8
""" for n in (0, 1))
FOREIGN = f"""[deployment]
product = sfb2015
topology = single-public
sip-domains = jabber.example
features = remote-access av federation xmpp
[names]
access = sip.jabber.example
av = av.jabber.example
[edge far]
access = {SIM}
av = {RELAY}
"""
ZONE = f"""$ORIGIN .
$TTL 300
@ SOA ns.example. hostmaster.example. 1 3600 600 86400 300
@ NS ns.example.
ns.example. A {DNS}
_sipfederationtls._tcp.fabrikam.com. SRV 0 0 5061 sip.fabrikam.com.
sip.fabrikam.com. A {PARTNER}
_xmpp-server._tcp.jabber.example. SRV 0 0 5269 xmpp.jabber.example.
xmpp.jabber.example. A {SIM}
av.jabber.example. A {RELAY}
crl.fabrikam.com. A {WEB}
"""
PEERS = ("--partner", "fabrikam.com", "--xmpp-partner", "jabber.example",
         "--other-edge", "av.jabber.example")

# What a flow's rule lets through, where; the rows that rest on it, by the
# subject; and the finding that tells of it.
FLOWS = {
    "dns over UDP": ("outer", f"ip saddr {ACCESS} ip daddr {DNS} udp dport 53",
                     {f"s000.ext.access.dns.udp53.out {DNS}"},
                     "out.dns-blocked"),
    "dns over TCP": ("outer", f"ip saddr {ACCESS} ip daddr {DNS} tcp dport 53",
                     {f"s000.ext.access.dns.tcp53.out {DNS}"},
                     "out.dns-blocked"),
    "HTTP": ("outer", f"ip saddr {ACCESS} tcp dport 80",
             {"s000.ext.access.http.tcp80.out crl.fabrikam.com"},
             "out.http-blocked"),
    "federation": ("outer", f"ip saddr {ACCESS} tcp dport 5061",
                   {"s000.ext.access.sip-mtls.tcp5061.out fabrikam.com"},
                   "out.federation-blocked"),
    "XMPP": ("outer", f"ip saddr {ACCESS} tcp dport 5269",
             {"s000.vip-ext.xmpp.xmpp.tcp5269.out jabber.example",
              "xmpp.out-everywhere jabber.example"}, "out.xmpp-blocked"),
    "A/V over UDP": ("outer", f"ip saddr {AV} ip daddr {RELAY} "
                     "udp dport 3478",
                     {"s000.ext.av.stun-msturn.udp3478.out "
                      "av.jabber.example"}, "out.av-blocked"),
    "A/V over TCP": ("outer", f"ip saddr {AV} ip daddr {RELAY} "
                     "tcp dport 443",
                     {"s000.ext.av.stun-msturn.tcp443.out "
                      "av.jabber.example"}, "out.av-blocked"),
    "next hop": ("inner", f"ip saddr {INNER} tcp dport 5061",
                 {"s000.int.access.sip-mtls.tcp5061.out fe1.contoso.net"},
                 "out.next-hop-blocked"),
}
# Between the Edges, through the public addresses; and the tools' own DNS.
BESIDE = {
    "outer": [f"ip saddr {AV} ip daddr 10.45.16.31 udp dport 3478",
              f"ip saddr {AV} ip daddr 10.45.16.31 tcp dport 443",
              f"ip daddr {OWN_DNS} udp dport 53"],
    "inner": [],
}
HAIRPIN = {"s000.ext.av.stun-msturn.udp3478.out edge2",
           "s000.ext.av.stun-msturn.tcp443.out edge2",
           "nat.edge-to-edge-av edge2"}
HEALTHY = HAIRPIN.union(*(rows for _, _, rows, _ in FLOWS.values()))
RULES = {"route.no-gateway-internal", "route.internal-networks",
         "route.gateway-external", "ip.access-primary", "ip.others-secondary",
         "net.two-networks", "nat.all-three-private"}

# How the host is set up wrongly, and what is said of it.
GATEWAY = "route replace default via 10.45.16.1 dev eth0 proto static"
INWARD = "route replace 10.0.0.0/8 via 172.25.33.1 dev eth1 proto static"
EXTERNAL = ["addr flush dev eth0",
            *(f"addr add {one}/24 dev eth0" for one in (ACCESS, WEBCONF, AV)),
            GATEWAY]
FAULTS = {
    "two default gateways": (
        ["route add default via 172.25.33.1 dev eth1 metric 50"],
        ["route del default via 172.25.33.1 dev eth1 metric 50"],
        {"wrong route.no-gateway-internal"}),
    "the default gateway inside": (
        ["route replace default via 172.25.33.1 dev eth1"],
        [GATEWAY],
        {"wrong route.no-gateway-internal", "wrong route.gateway-external"}),
    "no default gateway": (
        ["route del default"], [GATEWAY],
        {"wrong route.gateway-external"}),
    "no route inside": (
        ["route del 10.0.0.0/8"], [INWARD],
        {"wrong route.internal-networks"}),
    "the wrong order of addresses": (
        ["addr flush dev eth0",
         *(f"addr add {one}/24 dev eth0" for one in (WEBCONF, ACCESS, AV)),
         GATEWAY], EXTERNAL,
        {"wrong ip.access-primary", "wrong ip.others-secondary"}),
    "an address that is missing": (
        [f"addr del {AV}/24 dev eth0"], EXTERNAL,
        {"wrong ip.others-secondary"}),
}
SENTENCES = {
    "two default gateways": "172.25.33.1 on its internal interface eth1",
    "the default gateway inside": "172.25.33.1 on its internal interface",
    "no default gateway": "set 10.45.16.1 there",
    "no route inside": "10.1.0.0/16 go to 10.45.16.1 through eth0",
    "the wrong order of addresses": f"make {ACCESS} (Access Edge) the prim",
    "an address that is missing": f"lacks {AV} (A/V Edge)",
}


def host_report(changes=()):
    """What PowerShell tells of a healthy edge1, with texts replaced."""
    addresses = [(4, "Ethernet 2", one, one != ACCESS)
                 for one in (ACCESS, WEBCONF, AV)]
    addresses.append((7, "Intern\u00e4l", INNER, False))
    routes = [(4, "0.0.0.0/0", "10.45.16.1"), (7, "10.0.0.0/8", "172.25.33.1")]
    listed = [{"InterfaceIndex": index, "DestinationPrefix": prefix,
               "NextHop": gateway, "RouteMetric": 1}
              for index, prefix, gateway in routes]
    text = json.dumps({
        "Computer": "EDGE1", "Date": "2026-01-01T10:00:00.0000000Z",
        "NetIPAddress": [
            {"InterfaceIndex": index, "InterfaceAlias": name,
             "IPAddress": address, "PrefixLength": 24, "SkipAsSource": spared}
            for index, name, address, spared in addresses],
        "NetRoute": listed, "PersistentNetRoute": listed[:],
        "NetIPInterface": [
            {"InterfaceIndex": index, "AddressFamily": 2, "Forwarding": 0}
            for index in (4, 7)],
        "NetTCPConnection": {
            "LocalAddress": INNER, "LocalPort": 50100, "State": 5,
            "RemoteAddress": FRONT_END, "RemotePort": 5061},
        "FindNetRoute": {"IPAddress": ACCESS}}, ensure_ascii=False)
    for one, other in changes:
        if one not in text:
            raise RuntimeError(f"no {one} in the report")
        text = text.replace(one, other, 1)
    return text


class Place(Spaces):
    """edge1's host, its neighbours, and all whom it sends to."""

    def __init__(self, here, topology):
        super().__init__(here.files / "spaces")
        self.here, self.topology = here, topology
        self.build()

    def build(self):
        for space in ("outer", "inner"):
            self.add(space, ROUTERS)
        for space in ("internet", "front", "edge1", "edge2"):
            self.add(space, {})
        self.join("internet", "eth0", "outer", "net0")
        self.join("front", "eth0", "inner", "front0")
        for node in ("edge1", "edge2"):
            self.join(node, "eth0", "outer", node)
            self.join(node, "eth1", "inner", node)
        self.bridge("outer", "ext0", ("edge1", "edge2"))
        self.bridge("inner", "int0", ("edge1", "edge2"))
        self.ip("internet", [
            *(f"addr add {one}/24 dev eth0"
              for one in (DNS, OWN_DNS, PARTNER, SIM, RELAY,
                          WEB)),
            "route add 192.0.2.0/24 via 198.51.100.1"])
        self.ip("outer", ["addr add 198.51.100.1/24 dev net0",
                          "addr add 10.45.16.1/24 dev ext0",
                          "route add blackhole 192.0.2.0/24"])
        self.ip("inner", ["addr add 172.25.33.1/24 dev int0",
                          "addr add 10.1.0.1/16 dev front0"])
        self.ip("front", [f"addr add {FRONT_END}/16 dev eth0",
                          "route add default via 10.1.0.1"])
        self.ip("edge1", [*EXTERNAL[1:], f"addr add {INNER}/24 dev eth1",
                          INWARD])
        self.ip("edge2", [
            *(f"addr add 10.45.16.{n}/24 dev eth0" for n in (11, 21, 31)),
            GATEWAY])
        self.guard()
        self.translate()

    def guard(self, lost=None, how="drop"):
        """Every flow but one; what is not allowed is dropped."""
        for space in ("outer", "inner"):
            rules = [f"{rule} accept" for rule in BESIDE[space]]
            for name, (where, rule, _, _) in FLOWS.items():
                if where == space:
                    rules.append(f"{rule} {how if name == lost else 'accept'}")
            self.nft(space, "\n".join([
                "table inet guard", "delete table inet guard",
                "table inet guard {", "chain forward {",
                "type filter hook forward priority 0; policy drop;",
                "ct state established,related accept", *rules, "}", "}", ""]))

    def translate(self, hairpin=True):
        came = "" if hairpin else "iifname net0 "
        mapped = [(f"10.45.16.{n}{m}", f"192.0.2.{n}{m}")
                  for n in (1, 2, 3) for m in (0, 1)]
        self.nft("outer", "\n".join([
            "table ip translate", "delete table ip translate",
            "table ip translate {", "chain in {",
            "type nat hook prerouting priority dstnat;",
            *(f"{came}ip daddr {public} dnat to {local}"
              for local, public in mapped), "}", "chain out {",
            "type nat hook postrouting priority srcnat;",
            *(f"ip saddr {local} snat to {public}"
              for local, public in mapped), "}", "}", ""]))

    def start(self, name, space, command, ready):
        self.here.start(name, self.inside(space, command))
        lab.wait_until(name, lambda: self.here.alive(name) and ready())

    def hears(self, space, address, port):
        asked = subprocess.run(
            self.inside(space, [sys.executable, "-c", "import socket, sys;"
                                "socket.create_connection((sys.argv[1],"
                                "int(sys.argv[2])), 1)", address, port]),
            check=False, env=lab.ENVIRONMENT, stderr=subprocess.DEVNULL)
        return asked.returncode == 0

    def start_all(self):
        self.start_dns()
        self.start_web()
        peers.make_root(self.here)
        for name, space, address in (("fabrikam", "internet", PARTNER),
                                     ("fe1", "front", FRONT_END)):
            self.start_tls(name, space, address)
        self.start_edgesim("edge2", self.topology,
                           ["--node", "edge2", "--netns",
                            f"edge2={self.path('edge2')}"])
        foreign = self.here.files / "foreign.conf"
        foreign.write_text(FOREIGN, encoding="utf-8")
        self.start_edgesim("foreign", foreign, [])

    def start_dns(self):
        files = self.here.files
        (files / "root.zone").write_text(ZONE, encoding="ascii")
        (files / "nsd.conf").write_text("\n".join([
            "server:", f'  zonesdir: "{files}"', '  username: ""',
            '  chroot: ""', f'  pidfile: "{files}/nsd.pid"',
            f'  xfrdfile: "{files}/xfrd"', f'  zonelistfile: "{files}/list"',
            '  database: ""', "  server-count: 1", f"  ip-address: {DNS}",
            f"  ip-address: {OWN_DNS}",
            "remote-control:", "  control-enable: no", "zone:", "  name: .",
            f'  zonefile: "{files}/root.zone"', ""]), encoding="ascii")
        self.start("nsd", "internet", ["nsd", "-d", "-c", files / "nsd.conf"],
                   lambda: self.hears("internet", DNS, 53))

    def start_web(self):
        files = self.here.files
        (files / "www").mkdir()
        (files / "www/a.crl").write_bytes(b"no list")
        (files / "nginx.conf").write_text(
            f"daemon off; pid {files}/nginx.pid; error_log {files}/nginx.err;"
            f" events {{}} http {{ access_log off; server {{ listen {WEB}:80;"
            f" root {files}/www; }} }}\n", encoding="ascii")
        self.start("nginx", "internet",
                   ["nginx", "-p", files, "-c", files / "nginx.conf", "-e",
                    files / "nginx.err"],
                   lambda: self.hears("internet", WEB, 80))

    def start_tls(self, name, space, address):
        """openssl s_server, whose certificate names a revocation list."""
        files = self.here.files
        peers.openssl(self.here, "req", "-x509", "-newkey", "rsa:2048",
                      "-nodes", "-days", "60", "-subj", f"/CN=sip.{name}.com",
                      "-addext", "crlDistributionPoints="
                      "URI:http://crl.fabrikam.com/a.crl", "-CA", "root.pem",
                      "-CAkey", "root.key", "-keyout", f"{name}.key", "-out",
                      f"{name}.pem")
        self.start(name, space,
                   ["openssl", "s_server", "-accept", f"{address}:5061",
                    "-rev", "-Verify", "1", "-cert", files / f"{name}.pem",
                    "-key", files / f"{name}.key"],
                   lambda: self.hears(space, address, 5061))

    def start_edgesim(self, name, topology, options):
        ready = self.here.files / f"{name}.ready"
        self.start(name, "internet",
                   [lab.BUILD / "san/edgesim", "-t", topology, "--ca-out",
                    self.here.files / f"{name}.ca", "--ready-file", ready,
                    *options], ready.exists)

    def check(self, *arguments):
        """edgecheck --edge-host in edge1's place, as a JSON document."""
        done = subprocess.run(
            self.inside("edge1", [
                lab.BUILD / "san/edgecheck", "--edge-host", "-t",
                self.topology, "-o", "json", "--timeout", "1", "--resolver",
                OWN_DNS, *arguments]),
            check=False, env=lab.ENVIRONMENT, cwd=lab.ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=120)
        try:
            document = json.loads(done.stdout)
        except ValueError as why:
            raise RuntimeError(f"{done.returncode}: {done.stderr}") from why
        if document["exit"] != done.returncode:
            raise RuntimeError(f"exit {done.returncode}: {done.stderr}")
        return document


def sent(document):
    """{ROW SUBJECT: verdict} of what the host sends."""
    return {f"{one['requirement']} {one['subject']}": one
            for one in document["verdicts"] if one["state"] != "n/a"
            and (one["requirement"].endswith(".out")
                 and one["subject"] != "-"
                 or one["requirement"] in ("xmpp.out-everywhere",
                                           "nat.edge-to-edge-av"))}


def compare(got, wanted):
    for one in sorted(wanted - got):
        yield f"expected {one}"
    for one in sorted(got - wanted):
        yield f"unexpected {one}"


def check_sent(document, blocked, wall="nobody", finding=None):
    verdicts = sent(document)
    yield from compare(set(verdicts), HEALTHY)
    yield from compare({row for row, one in verdicts.items()
                        if one["state"] == "blocked"}, set(blocked))
    for row, one in verdicts.items():
        if one["state"] not in ("verified", "blocked"):
            yield f"{row} is {one['state']}: {one['because']}"
        if one["state"] == "blocked" and wall not in one["because"]:
            yield f"{row}: {one['because']}"
    if finding and finding not in {f["id"] for f in document["findings"]}:
        yield f"no finding {finding}"


def host_rules(document):
    return {f"{one['state']} {one['requirement']}"
            for one in document["verdicts"]
            if one["requirement"] in RULES | {"route.internal-persistent"}
            and one["vantage"] == "edge-host"
            and one["state"] not in ("verified", "n/a")}


def check_host(document, wanted, sentence=None):
    yield from compare(host_rules(document), wanted)
    texts = [one["because"] for one in document["verdicts"]
             if one["state"] in ("wrong", "warn")]
    if sentence and not any(sentence in text for text in texts):
        yield f"nothing says '{sentence}': {texts}"


def check_healthy(place):
    document = place.check(*PEERS)
    yield from check_sent(document, ())
    yield from check_host(document, set())
    rules = {one["requirement"] for one in document["verdicts"]
             if one["state"] == "verified" and one["node"] == "edge1"
             and one["vantage"] == "edge-host"}
    yield from (f"{rule} is not verified" for rule in RULES - rules)
    if document["exit"] != 0 or document["vantage"] != "edge-host":
        yield f"exit {document['exit']} from {document['vantage']}"
    sources = {one["source"] for one in document["observations"]
               if one["probe"] != "host" and one["probe"] != "dns"}
    yield from compare(sources, {ACCESS, AV, INNER})


def states(document):
    return {(one["requirement"], one["node"], one["subject"], one["state"],
             one["needed"]) for one in document["verdicts"]}


def check_again(place, *arguments):
    """A run that was saved is judged as it was at first."""
    document = place.check(*arguments)
    again = place.here.judged_again(document, "-t", place.topology)
    yield from compare({" ".join(map(str, one)) for one in states(again)},
                       {" ".join(map(str, one)) for one in states(document)})


def check_lost(place, name, how):
    where, _, rows, finding = FLOWS[name]
    wall = ("the internal firewall" if where == "inner"
            else "the external firewall") + " of this place, or by the peer"
    try:
        place.guard(name, how)
        document = place.check(*PEERS)
    finally:
        place.guard()
    yield from check_sent(document, rows, wall, finding)


def check_hairpin(place):
    try:
        place.translate(hairpin=False)
        document = place.check(*PEERS)
    finally:
        place.translate()
    yield from check_sent(document, HAIRPIN, "this place, or by the peer",
                          "av.edge-to-edge")


def check_fault(place, name):
    make, mend, wanted = FAULTS[name]
    try:
        place.ip("edge1", make)
        document = place.check("--only", "host")
    finally:
        place.ip("edge1", mend)
    yield from check_host(document, wanted, SENTENCES[name])


def set_forwarding(place, value):
    place.run("edge1", "sh", "-c", f"echo {value} > "
              "/proc/sys/net/ipv4/conf/eth1/forwarding")


def check_forwarding(place):
    try:
        set_forwarding(place, 1)
        document = place.check("--only", "host")
    finally:
        set_forwarding(place, 0)
    yield from check_host(document, {"wrong net.two-networks"},
                          "forwards IPv4 that comes in at eth1")


def check_persistent(place):
    """Of Lync Server 2013 behind a load balancer, the rule has a row."""
    kind = ("--only", "host", "--product", "lync2013", "--kind", "scaled-hlb")
    for lines, wanted in (
            ([], set()),
            # nobody knows: the file has a word of its own
            ([INWARD.replace(" proto static", "")], set()),
            (["route del 10.0.0.0/8"],
             {"wrong route.internal-persistent",
              "wrong route.internal-networks"})):
        try:
            place.ip("edge1", lines)
            yield from check_host(place.check(*kind), wanted)
        finally:
            place.ip("edge1", [INWARD])


def check_stand_in(place):
    """A host that lacks an address says so, and blames nobody."""
    try:
        place.ip("edge1", [f"addr del {AV}/24 dev eth0"])
        document = place.check(*PEERS)
    finally:
        place.ip("edge1", EXTERNAL)
    for row, one in sent(document).items():
        is_av = "stun-msturn" in row or "edge-to-edge" in row
        wanted = "unobserved" if is_av else "verified"
        if one["state"] != wanted or is_av and \
                f"{AV} is no address of this host" not in one["because"]:
            yield f"{row} is {one['state']}: {one['because']}"


def check_report(place, encoding, changes, wanted, sentence):
    path = place.here.files / "report.json"
    path.write_bytes(host_report(changes).encode(encoding))
    document = place.check("--host-facts", path)
    yield from check_host(document, wanted, sentence)
    if any(one["probe"] != "host" for one in document["observations"]):
        yield "more was looked at than the report"
    stands = "s000.int.access.sip-mtls.tcp5061.out", "edge1", "-"
    if (*stands, "verified", True) not in states(document):
        yield "the connection inside that the report has verifies nothing"
    if document["observations"][0]["facts"]["host.reported"] is not True:
        yield "nothing says that it was reported"


def check_bad_report(place):
    path = place.here.files / "bad.json"
    path.write_text('{"NetRoute": [{"ifIndex": 4}]}', encoding="ascii")
    done = subprocess.run(
        [lab.BUILD / "san/edgecheck", "--edge-host", "--host-facts", path],
        check=False, env=lab.ENVIRONMENT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    wanted = f"{path}: NetRoute, entry 1, DestinationPrefix: missing"
    if done.returncode != 3 or wanted not in done.stderr or done.stdout:
        yield f"exit {done.returncode}: {done.stderr}"


REPORTS = {
    "a_report_is_judged": ("utf-8", (), set(), None),
    "a_report_of_windows_powershell_is_judged": (
        "utf-16", (("10.45.16.1\"", "10.45.16.9\""),),
        {"wrong route.gateway-external"},
        "the host of the report (EDGE1) is 10.45.16.9 on Ethernet 2"),
    "a_report_tells_of_a_route_that_will_be_gone": (
        "utf-8-sig", (("PersistentNetRoute\": [", "PersistentNetRoute\": [], "
                       "\"Other\": ["),),
        {"warn route.internal-networks"}, "after the next start it is gone"),
}


def inside():
    here = lab.Lab()
    place = Place(here, here.topology(TOPOLOGY))
    tally = Tally()

    place.start_all()
    tally.check("a_healthy_place_is_verified", check_healthy(place))
    for name in FLOWS:
        for how in ("drop", "reject with icmpx admin-prohibited"):
            title = f"{how.split()[0]} of {name} blocks its row alone"
            tally.check(title.replace(" ", "_"), check_lost(place, name, how))
    tally.check("a_missing_hairpin_is_named", check_hairpin(place))
    for name in FAULTS:
        tally.check(f"{name}_is_named".replace(" ", "_"),
                    check_fault(place, name))
    tally.check("forwarding_is_named", check_forwarding(place))
    tally.check("a_missing_persistent_route_is_named",
                check_persistent(place))
    tally.check("an_address_that_is_missing_here_blames_nobody",
                check_stand_in(place))
    for name, case in REPORTS.items():
        tally.check(name, check_report(place, *case))
    tally.check("a_saved_run_is_judged_as_at_first",
                check_again(place, *PEERS, "--node", "edge1"))
    tally.check("a_saved_report_is_judged_as_at_first", check_again(
        place, "--host-facts", place.here.files / "report.json"))
    tally.check("a_bad_report_is_told_by_file_and_entry",
                check_bad_report(place))
    sys.exit(tally.finish())


def main():
    peers.need_programs("nsd", "nginx", "openssl", "nft")
    lab.run_inside(pathlib.Path(__file__), inside)


if __name__ == "__main__":
    main()
