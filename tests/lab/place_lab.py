#!/usr/bin/env python3
"""place_lab.py - the place that is looked from, and the way from there.

Three routers between edgeprobe and the Edge Servers, each a network namespace
of its own, and rules of nftables in them: where packets were last seen alive,
and whether it is this place that cannot send. Then resolvers that make names
up, and devices that intercept TLS.

    edgeprobe - router 1 - router 2 - router 3 - Edge Servers, controls
"""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab  # noqa: E402
from tally import Tally  # noqa: E402

# Two ends of each link, from edgeprobe's host (0) to the servers' (4).
LINKS = [("198.51.100.2", "198.51.100.1"), ("203.0.113.1", "203.0.113.2"),
         ("203.0.113.5", "203.0.113.6"), ("203.0.113.9", "203.0.113.10")]
FEDERATION = "ext.access.sip-mtls.tcp5061.in"
AV_UDP = "ext.av.stun-msturn.udp3478.in"
WEBCONF = "ext.webconf.psom-tls.tcp443.in"
CONTROLS = "192.0.2.56", "192.0.2.57"
PORTAL, PORTAL_RESOLVER = "192.0.2.39", "192.0.2.54"
INTERCEPTED = """
[deployment]
sip-domains = example.net
[names]
access = sip.example.net
[edge other]
access = 192.0.2.57
"""
# Answers every connection and datagram, as a public server would.
ANSWERS = """
import selectors, socket, sys
chosen = selectors.DefaultSelector()
for word in sys.argv[1:]:
    host, port, kind = word.rsplit(":", 2)
    kind = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
    server = socket.socket(socket.AF_INET, kind)
    server.bind((host, int(port)))
    if kind == socket.SOCK_STREAM:
        server.listen()
    chosen.register(server, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in chosen.select():
        if key.fileobj.type == socket.SOCK_STREAM:
            key.fileobj.accept()[0].close()
        else:
            data, peer = key.fileobj.recvfrom(2048)
            key.fileobj.sendto(data, peer)
"""


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   env=lab.ENVIRONMENT)


class Way:
    """The hosts on the way; 0 is where edgeprobe runs, 4 the servers'."""

    def __init__(self):
        self.hosts = [None]
        for _ in range(4):
            host = subprocess.Popen(["unshare", "-n", "sleep", "600"],
                                    env=lab.ENVIRONMENT)
            own = os.readlink("/proc/self/ns/net")
            lab.wait_until("namespace", lambda pid=host.pid: os.readlink(
                f"/proc/{pid}/ns/net") != own)
            self.hosts.append(host.pid)
        for number in range(4):
            self.link(number)
        for number in range(1, 5):
            self.settle(number)

    def inside(self, number, *command):
        """The command, as the host would run it."""
        if self.hosts[number] is None:
            return list(command)
        return ["nsenter", "-t", str(self.hosts[number]), "-n", *command]

    def at(self, number, *command):
        run(*self.inside(number, *command))

    def link(self, number):
        near, far = f"near{number}", f"far{number}"
        self.at(number, "ip", "link", "add", "name", near, "type", "veth",
                "peer", "name", far, "netns", str(self.hosts[number + 1]))
        for host, name, address in ((number, near, LINKS[number][0]),
                                    (number + 1, far, LINKS[number][1])):
            self.at(host, "ip", "address", "add", address + "/30", "dev", name)
            self.at(host, "ip", "link", "set", name, "up")

    def settle(self, number):
        """Routes to both ends, and ICMP as often as it is asked for."""
        self.at(number, "ip", "link", "set", "lo", "up")
        self.at(number, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward;"
                "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit;"
                "echo 0 >/proc/sys/net/ipv4/icmp_ratemask")
        self.at(number, "ip", "route", "add", "default", "via",
                LINKS[number - 1][0])
        if number < 4:
            self.at(number, "ip", "route", "add", "192.0.2.0/24", "via",
                    LINKS[number][1])

    def serve(self, addresses):
        for address in addresses:
            self.at(4, "ip", "address", "add", address + "/32", "dev", "lo")
        run("ip", "route", "add", "192.0.2.0/24", "via", LINKS[0][1])

    def rules(self, number, *rules, hook="prerouting"):
        self.at(number, "nft", "flush ruleset; add table inet lab; add chain "
                f"inet lab c {{ type filter hook {hook} priority 0; }}"
                + "".join(f"; add rule inet lab c {rule}" for rule in rules))

    def clear(self):
        for number in range(1, 5):
            self.at(number, "nft", "flush", "ruleset")


class FarLab(lab.Lab):
    """Whose servers stand at the far end."""

    def __init__(self, way):
        super().__init__()
        self.way = way

    def start(self, name, command):
        super().start(name, self.way.inside(4, *command)
                      if name != "dnsmasq" else command)


def verdicts(document, key):
    return [v for v in document["verdicts"] if key in (v["requirement"],
                                                       v.get("flow"))]


def verdict(document, key, node):
    return next((v["state"], v["because"]) for v in verdicts(document, key)
                if v["node"] == node)


def look(here, *more):
    return here.document("contoso.com", "-4", "--ca-file", here.roots,
                         "--timeout", "2", "--resolver", lab.RESOLVER, *more)


def facts(document, probe, port):
    return [o["facts"] for o in document["observations"]
            if o["probe"] == probe and o["endpoint"]["port"] == port]


def check_healthy(tally, here):
    document = look(here)
    tally.same("finds_all_well_through_three_routers", document["exit"], 0)
    tally.same("follows_no_port_that_answers",
               facts(document, "path", 5061), [])


def check_silence(tally, here, way):
    way.rules(3, "tcp dport 5061 drop")
    way.rules(2, "udp dport 3478 drop")
    document = look(here)
    state, because = verdict(document, FEDERATION, "192.0.2.10")
    tally.same("blocks_a_silent_port", state, "blocked")
    tally.same("says_where_a_syn_was_last_seen_alive",
               because.partition("network stops it")[2],
               "; last seen alive at 203.0.113.2 (hop 2), while TCP 443 gets "
               "through, by way of 203.0.113.6 next")
    state, because = verdict(document, AV_UDP, "192.0.2.30")
    tally.same("says_where_a_datagram_was_last_seen_alive",
               (state, because.partition("network stops it")[2]),
               ("blocked", "; last seen alive at 198.51.100.1 (hop 1), while "
                "TCP 443 gets through, by way of 203.0.113.2 next"))
    seen = facts(document, "path", 5061)[0]
    tally.same("lists_the_routers", seen["path.hop"],
               ["1 198.51.100.1", "2 203.0.113.2"])
    tally.check("waits_no_longer_than_it_must",
                [] if seen["path.waited_ms"] < 2000 else [str(seen)])
    tally.same("counts_the_way_of_a_port_that_works",
               {f["path.arrived_hop"] for f in facts(document, "path", 443)},
               {4})
    way.clear()


def check_rejection(tally, here, way):
    way.rules(2, "ip daddr 192.0.2.20 tcp dport 443 "
              "reject with icmp type admin-prohibited", hook="forward")
    document = look(here)
    state, because = verdict(document, WEBCONF, "192.0.2.20")
    tally.same("names_a_router_that_rejects",
               (state, "203.0.113.2 says so (hop 2)" in because),
               ("blocked", True))
    way.clear()


def check_controls(tally, here, way):
    way.rules(1, "tcp dport 5061 drop", "udp dport 3478 drop")
    document = look(here, "--control", f"{CONTROLS[0]}:5061", "--control",
                    f"{CONTROLS[0]}:3478/udp")
    for key, node, port in ((FEDERATION, "192.0.2.10", "TCP 5061"),
                            (AV_UDP, "192.0.2.31", "UDP 3478")):
        state, because = verdict(document, key, node)
        tally.same(f"cannot_send_to_{port.replace(' ', '_').lower()}",
                   (state, f"this place cannot send to {port}" in because),
                   ("unobserved", True))
    tally.same("is_not_sure_of_what_it_cannot_send_to", document["exit"], 3)
    way.clear()
    way.rules(3, "ip daddr 192.0.2.10 tcp dport 5061 drop",
              "ip daddr 192.0.2.11 tcp dport 5061 drop",
              "ip daddr 192.0.2.30 udp dport 3478 drop",
              "ip daddr 192.0.2.31 udp dport 3478 drop")
    document = look(here, "--control", f"{CONTROLS[0]}:5061", "--control",
                    f"{CONTROLS[0]}:3478/udp")
    for key, node in ((FEDERATION, "192.0.2.10"), (AV_UDP, "192.0.2.31")):
        state, because = verdict(document, key, node)
        tally.same(f"has_no_doubt_where_a_control_answers_{node}",
                   (state, "your own network" in because),
                   ("blocked", False))
    way.clear()


def check_interception(tally, here):
    """Another edgesim's authority has the same name as the first's."""
    path = here.files / "other.conf"
    path.write_text(INTERCEPTED, encoding="utf-8")
    ready = here.files / "other-ready"
    here.start("other", [str(lab.BUILD / "san/edgesim"), "-t", str(path),
                         "--ready-file", str(ready)])
    lab.wait_until("edgesim", lambda: here.alive("other") and ready.exists())
    common = ("contoso.com", "-4", "--timeout", "2", "--resolver",
              lab.RESOLVER)
    document = here.document(*common)
    tally.same("believes_in_a_private_root_without_a_control",
               sorted({(v["state"], "--control" in v["because"])
                       for v in verdicts(document, "cert.ext.ca.public")}),
               [("wrong", True)])
    document = here.document(*common, "--control", f"{CONTROLS[1]}:443")
    tally.same("judges_no_certificate_of_a_device_on_the_way",
               sorted({v["state"] for v in
                       verdicts(document, "cert.ext.ca.public") +
                       verdicts(document, FEDERATION)
                       if v["state"] != "n/a"}), ["unobserved"])
    tally.check("says_that_tls_is_intercepted",
                [] if "place.intercepted" in
                {f["id"] for f in document["findings"]} else ["it does not"])
    document = here.document(*common, "--ca-file", here.roots, "--control",
                             f"{CONTROLS[1]}:443")
    tally.same("concludes_nothing_with_roots_of_ones_own",
               document["exit"], 0)


def start_portal(here, *more):
    here.start("portal", [
        "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
        "--no-hosts", "--no-poll", f"--address=/#/{PORTAL}", *more,
        "--bind-interfaces", f"--listen-address={PORTAL_RESOLVER}",
        "--except-interface=far3", f"--pid-file={here.files}/portal.pid"])
    log = here.files / "portal.log"
    lab.wait_until("dnsmasq", lambda: here.alive("portal")
                   and b"started" in log.read_bytes())


def check_portal(tally, here):
    start_portal(here)  # refuses what is no address
    code, _, err = here.probe("sip.contoso.com", "-4", "--timeout", "2",
                              "--resolver", PORTAL_RESOLVER)
    tally.same("says_why_nothing_is_known_behind_a_portal",
               (code, f"answers with {PORTAL} even for names" in err),
               (3, True))
    here.stop("portal")
    start_portal(here, "--local=/#/")
    document = here.document("sip.contoso.com", "-4", "--timeout", "2",
                             "--resolver", PORTAL_RESOLVER)
    needed = {v["state"] for v in document["verdicts"] if v["needed"]}
    tally.same("blames_no_edge_behind_a_portal",
               (document["exit"], needed), (3, {"unobserved"}))
    tally.check("says_that_names_are_made_up",
                [] if "place.portal" in
                {f["id"] for f in document["findings"]} else ["it does not"])


def inside():
    tally = Tally()
    way = Way()
    here = FarLab(way)
    topology = here.topology()
    way.serve([a for a in lab.nodes_of(topology) if ":" not in a]
              + [*CONTROLS, PORTAL, PORTAL_RESOLVER])
    here.topology("\n".join(
        " ".join(w for w in line.split(" ") if not w.startswith("2001:"))
        for line in topology.read_text(encoding="utf-8").split("\n")))
    here.start_dns(topology)
    here.start_edge(topology)
    answers = here.files / "answers.py"
    answers.write_text(ANSWERS, encoding="utf-8")
    here.start("answers", [sys.executable, str(answers),
                           f"{CONTROLS[0]}:5061:tcp",
                           f"{CONTROLS[0]}:3478:udp"])
    lab.wait_until("controls", lambda: here.alive("answers") and b"ready" in
                   (here.files / "answers.log").read_bytes())
    check_healthy(tally, here)
    check_silence(tally, here, way)
    check_rejection(tally, here, way)
    check_controls(tally, here, way)
    check_interception(tally, here)
    check_portal(tally, here)
    tally.finish()


def main():
    if sys.argv[1:] == ["--inside"]:
        inside()
    lab.need_namespaces()
    code, out, err = lab.enclosed(__file__, ["--inside"], [], 240)
    print(out, end="")
    print(err, end="", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
