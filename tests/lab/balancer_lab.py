#!/usr/bin/env python3
"""balancer_lab.py - what load balancers do wrong is named by its rule.

Two Edge Servers of edgesim behind VIPs, which are balanced by nftables with
connection tracking or by haproxy. Each fault of such a device must turn its
row at its place, and the same device without it none.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

HEAD = """[deployment]
product = lync2013
topology = {kind}
sip-domains = contoso.com
features = remote-access webconf av federation
"""
NODE = """[{section}]
access = 192.0.2.{a}
webconf = 192.0.2.{b}
av = 192.0.2.{c}
"""
MAPPED = """[edge {name}]
access = 192.0.2.{a}
access-public = 192.0.2.{a}
webconf = 192.0.2.{b}
webconf-public = 192.0.2.{b}
av = 192.0.2.{c}
av-public = {relay}
"""
VIPS = {"access": "192.0.2.10", "webconf": "192.0.2.20", "av": "192.0.2.30"}
BALANCED = [("access", "tcp", 443), ("access", "tcp", 5061),
            ("webconf", "tcp", 443), ("av", "tcp", 443), ("av", "udp", 3478)]
MEMBERS = "hlb.members-answer"
HAPROXY = """\
global
    log stderr format raw local0 notice
defaults
    mode tcp
    retries 0
    timeout connect 1s
    timeout client 20s
    timeout server 20s
    timeout check 500ms
"""


def numbers(index):
    return {"a": 10 + index, "b": 20 + index, "c": 30 + index}


def node(section, index):
    return NODE.format(section=section, **numbers(index))


BEHIND = node("edge one", 1) + node("edge two", 2)
SEEN = HEAD.format(kind="scaled-hlb") + node("vip hlb", 0) + BEHIND
# what edgesim serves: the servers alone, in the balancer's absence
SERVED = HEAD.format(kind="scaled-dnslb-public") + BEHIND


def member(service, index):
    offset = {"access": "a", "webconf": "b", "av": "c"}[service]
    return f"192.0.2.{numbers(index)[offset]}"


def translated(service, transport, port):
    """In turn to the one server and the other."""
    return (f"ip daddr {VIPS[service]} {transport} dport {port} dnat to "
            f"numgen inc mod 2 map {{ 0 : {member(service, 1)}, "
            f"1 : {member(service, 2)} }}")


# A balancer that sends packets on one by one, and replies as they come.
STATELESS = """
table ip stateless {
    chain output {
        type route hook output priority -300;
        ip daddr 192.0.2.30 udp dport 3478 notrack ip daddr set 192.0.2.31
    }
}
"""


def set_balancer(balanced=tuple(BALANCED), outward=(), more="", inward=()):
    """The rules of the only balancer there is now."""
    rules = ["flush ruleset", "table ip balancer {", "chain out {",
             "type nat hook output priority -100;",
             *(translated(*one) for one in balanced), *inward, "}",
             "chain back {",
             "type nat hook postrouting priority 100;", *outward, "}", "}",
             more]
    subprocess.run(["nft", "-f", "-"], input="\n".join(rules) + "\n",
                   check=True, text=True, env=lab.ENVIRONMENT)


class Scene:
    """edgesim and DNS; the tool that looks at them."""

    def __init__(self, here):
        self.here = here
        self.credentials = here.files / "credentials"
        self.seen = here.files / "seen.conf"
        self.seen.write_text(SEEN, encoding="ascii")

    def serve(self, *faults, text=SERVED):
        if "edgesim" in self.here.processes:
            self.here.stop("edgesim")
        self.credentials.unlink(missing_ok=True)
        self.here.start_edge(self.here.topology(text), faults,
                             ["--credentials-out", self.credentials])

    def look(self, *more):
        return self.here.document(
            "-t", self.seen, "--resolver", lab.RESOLVER, "--ca-file",
            self.here.roots, "--timeout", "2", "--skip", "revocation",
            *more)

    def look_at_relays(self):
        return self.look("--credentials", self.credentials)

    def look_at_members(self):
        """A dead server makes other rows come and go with chance."""
        return self.look("--only", "dns,vip-spread,vip-spread-av")


def findings(document):
    return {found["id"] for found in document["findings"]
            if found["severity"] != "info"}


def rows(document, requirement):
    return {(one["node"], one["vantage"]): one["state"]
            for one in document["verdicts"]
            if one["requirement"] == requirement}


def told(document, expected, requirement=None, states=()):
    """The findings, and the states of a row at its nodes."""
    if findings(document) != expected:
        yield f"found {sorted(findings(document))}, not {sorted(expected)}"
        for one in document["verdicts"]:
            if one["state"] in ("blocked", "wrong", "warn"):
                yield (f"{one['requirement']}@{one['node']}: "
                       f"{one['because']}")
    if requirement:
        found = {place[0]: state for place, state in
                 rows(document, requirement).items()}
        for place, state in states:
            if found.get(place) != state:
                yield f"{requirement}@{place}: {found.get(place)}"


def check_healthy(tally, scene):
    set_balancer()
    scene.serve()
    document = scene.look_at_relays()
    tally.check("a_balancer_that_does_all_well_is_found_healthy", [
        *told(document, set(), MEMBERS, [("hlb", "verified")]),
        *([] if document["exit"] == 0 else [
            f"{one['requirement']}@{one['node']}: {one['because']}"
            for one in document["verdicts"]
            if one["needed"] and one["state"] != "verified"])])
    for rule in ("hlb.no-snat-av", "hlb.av-no-source-change",
                 "hlb.av-real-address", "hlb.reply-from-target",
                 "hlb.av-firewall-keeps-ip", "av.must-see-source",
                 "hlb.public-ip-everywhere", "hlb.no-nat",
                 "dns.no-private-outside"):
        states = set(rows(document, rule).values())
        tally.check(f"and_verified_by_{rule}",
                    [] if states == {"verified"} else [f"{states}"])
    tally.check("and_without_credentials_too",
                told(scene.look(), set(), MEMBERS, [("hlb", "verified")]))


def check_members(tally, scene):
    for fault, words in (("refuse-access@two", "refused"),
                         ("mute-access@two", "without an answer"),
                         ("reset-access@two", "hung up on")):
        scene.serve(fault)
        document = scene.look_at_members()
        tally.check(f"nftables_{fault}", [
            *told(document, {"hlb.member-missing"}, MEMBERS,
                  [("hlb", "wrong")]),
            *(one["because"] for one in document["verdicts"]
              if one["requirement"] == MEMBERS and one["node"] == "hlb"
              and words not in one["because"])])
    scene.serve("refuse-av-tcp@two")
    tally.check("nftables_refuse_av", told(
        scene.look_at_members(), {"hlb.member-missing"}, MEMBERS,
        [("hlb", "wrong")]))


def check_certificates(tally, scene):
    """Which one a client sees is chance: several connections see both."""
    scene.serve("no-client-auth@two")
    tally.check("two_certificates_behind_a_vip_are_named", told(
        scene.look(), {"cert.pool.same-cert-key"}, "cert.pool.same-cert-key",
        [("hlb", "warn")]))


def haproxy(scene, checked):
    text = HAPROXY
    for service, transport, port in BALANCED:
        if transport == "tcp":
            text += f"listen {service}{port}\n    balance roundrobin\n" + \
                f"    bind {VIPS[service]}:{port}\n" + "".join(
                    f"    server s{index} {member(service, index)}:{port}"
                    f"{checked}\n" for index in (1, 2))
    path = scene.here.files / "haproxy.cfg"
    path.write_text(text, encoding="ascii")
    peers.start(scene.here, "haproxy", ["haproxy", "-db", "-f", str(path)],
                *((VIPS[service], port) for service, transport, port in
                  BALANCED if transport == "tcp"))


def check_haproxy(tally, scene):
    """It takes each connection, and has nobody for some of them."""
    set_balancer(balanced=[("av", "udp", 3478)])
    scene.serve("refuse-access@two")
    for name, checked, expected, state in (
            ("without", "", {"hlb.member-missing"}, "wrong"),
            ("with", " check inter 100ms fall 1", set(), "verified")):
        haproxy(scene, checked)
        if checked:  # it has to find out first
            log = scene.here.files / "haproxy.log"
            lab.wait_until("a look at health", lambda: b"DOWN" in
                           log.read_bytes())
        tally.check(f"haproxy_{name}_a_look_at_health", told(
            scene.look_at_members(), expected, MEMBERS, [("hlb", state)]))
        scene.here.stop("haproxy")


def check_source_nat(tally, scene):
    """
    What clients send passes the balancer on its way to the one server, also
    after the VIP has sent them there, and gets the VIP's address.
    """
    scene.serve()
    set_balancer(outward=[f"ip daddr {member('av', 1)} udp dport 3478 "
                          "snat to 192.0.2.30"])
    document = scene.look_at_relays()
    for rule in ("hlb.no-snat-av", "hlb.av-no-source-change",
                 "av.must-see-source"):
        tally.check(f"source_nat_on_av_is_named_by_{rule}", told(
            document, {"av.source-nat"}, rule,
            [("one", "wrong"), ("two", "verified")]))


def check_source_nat_on_access(tally, scene):
    """Allowed there."""
    set_balancer(outward=[
        f"ip daddr {{ {member('access', 1)}, {member('access', 2)} }} "
        "tcp dport 443 ct status dnat snat to 192.0.2.10"])
    document = scene.look()
    tally.check("source_nat_on_access_is_no_fault", [
        *told(document, set()),
        *(one["because"] for one in document["verdicts"]
          if one["requirement"] == "hlb.snat-access-webconf"
          and "source NAT in front" not in one["because"])])


def check_reply(tally, scene):
    """One that sends packets on and lets replies pass as they are."""
    set_balancer(balanced=[one for one in BALANCED if one[1] == "tcp"],
                 more=STATELESS)
    document = scene.look()
    tally.check("a_reply_from_another_address_is_named", told(
        document, {"av.reply-elsewhere"}, "hlb.reply-from-target",
        [("hlb", "wrong"), ("one", "verified"), ("two", "verified")]))


def check_relay_address(tally, scene):
    """A server that believes the VIP to be its public address."""
    set_balancer(balanced=[one for one in BALANCED if one[0] != "av"], inward=[
        f"ip daddr {VIPS['av']} {transport} dport {port} "
        f"dnat to {member('av', 2)}" for service, transport, port in BALANCED
        if service == "av"])
    text = HEAD.format(kind="scaled-dnslb-nat") + "".join(
        MAPPED.format(name=name, relay=VIPS["av"] if name == "two" else
                       member("av", index), **numbers(index))
        for index, name in ((1, "one"), (2, "two")))
    scene.serve(text=text)
    document = scene.look_at_relays()
    tally.check("the_vip_as_relay_is_named", told(
        # it calls itself so wherever it says its address
        document, {"av.relay-vip", "av.alternate-vip", "av.edge-to-edge"},
        "hlb.av-real-address",
        [("hlb", "wrong"), ("two", "wrong"), ("one", "verified")]))


# The balancer's own address inside; edgesim stands for it.
INNER = {"one": "172.25.33.10", "two": "172.25.33.11", "hlb": "172.25.33.50"}


def inner(text):
    for name, address in INNER.items():
        for section in ("edge", "vip"):
            text = text.replace(f"[{section} {name}]\n",
                                f"[{section} {name}]\ninternal = {address}\n")
    return text.replace("sip-domains", "internal-domain = contoso.net\n"
                        "internal-name = sfbedge.contoso.net\nsip-domains")


def look_inside(scene, path):
    here = scene.here
    done = subprocess.run(
        [str(word) for word in (
            lab.BUILD / "san/edgecheck", "--internal", "-t", path,
            "--resolver", lab.RESOLVER, "--ca-file", here.roots, "--timeout",
            "2", "-o", "json")], stdin=subprocess.DEVNULL, check=False,
        stdout=subprocess.PIPE, env=lab.ENVIRONMENT, timeout=60)
    return json.loads(done.stdout)


def check_inside(tally, scene):
    """The internal VIP carries Access and A/V, and nothing else."""
    rule = "hlb.internal-access-av-only"
    path = scene.here.files / "inner.conf"
    path.write_text(inner(SEEN), encoding="ascii")
    if "edgesim" in scene.here.processes:
        scene.here.stop("edgesim")
    scene.here.start_edge(path, (), ["--inside"])
    scene.here.stop("dnsmasq")
    scene.here.start_dns(path, f"host-record=sfbedge.contoso.net,"
                         f"{INNER['hlb']}\n")
    set_balancer(balanced=[])
    tally.check("an_internal_vip_is_found_apart", told(
        look_inside(scene, path), set(), rule, [("hlb", "verified")]))
    for port in (8057, 4443):
        set_balancer(balanced=[], inward=[
            f"ip daddr {INNER['hlb']} tcp dport {port} "
            f"dnat to {INNER['one']}"])
        tally.check(f"an_internal_vip_that_carries_{port}_is_named", told(
            look_inside(scene, path), {"hlb.internal-carries-more"}, rule,
            [("hlb", "wrong")]))


def check_merged(tally, scene):
    """From outside and from inside with one file: each row once."""
    path = scene.here.files / "inner.conf"
    set_balancer(balanced=[])
    documents = [look_inside(scene, path), scene.here.document(
        "-t", path, "--resolver", lab.RESOLVER, "--ca-file", scene.here.roots,
        "--timeout", "2", "--skip", "revocation")]
    files = []
    for index, document in enumerate(documents):
        files.append(scene.here.files / f"run{index}.json")
        files[-1].write_text(json.dumps(document), encoding="utf-8")
    merged = scene.here.document("judge", *files, "-t", path)
    for rule, place in (("hlb.public-ip-everywhere", "plan"),
                        (MEMBERS, "outside"),
                        ("hlb.internal-access-av-only", "inside"),
                        ("topo.addressing-kinds", "plan"),
                        ("hlb.no-nat", "outside")):
        found = {(one["vantage"], one["state"]) for one in merged["verdicts"]
                 if one["requirement"] == rule}
        tally.same(f"merged_says_{rule}_once", found, {(place, "verified")})


def inside():
    tally = Tally()
    here = lab.Lab()
    scene = Scene(here)
    here.start_dns(scene.seen)
    check_healthy(tally, scene)
    check_members(tally, scene)
    check_certificates(tally, scene)
    check_haproxy(tally, scene)
    check_source_nat(tally, scene)
    check_source_nat_on_access(tally, scene)
    check_reply(tally, scene)
    check_relay_address(tally, scene)
    check_inside(tally, scene)
    check_merged(tally, scene)
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("haproxy", "nft", "dnsmasq")
    lab.run_inside(__file__, inside, more=tuple(INNER.values()))
