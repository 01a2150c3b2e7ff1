#!/usr/bin/env python3
"""relaypath_lab.py - edgeturn and edgeprobe tell what is wrong with a relay.

Each way in which the media path breaks is made by nftables (packet filters
and NAT on the way) or by a fault of edgesim, and must lead to its finding, at
its node, and to nothing else; the same look at a healthy relay leads to none.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

NODE, OTHER, ELSEWHERE = "192.0.2.30", "192.0.2.31", "192.0.2.35"
ECHO, CLIENT = "192.0.2.54", lab.CLIENTS[0]
RANGE = "50000-59999"
TURN = lab.BUILD / "san/edgeturn"

# What stands in the way: rules of a table of nftables, and what is found.
# A hook "nat" translates addresses, "raw" changes them packet by packet.
FILTERS = {
    "outward": (["output ip saddr @NODE udp sport @RANGE drop"], ["--udp"],
                {"av.relay-out-blocked"}),
    "inward": (["output ip daddr @NODE udp dport @RANGE drop"], ["--udp"],
               {"av.relay-in-blocked"}),
    "outward-rejected": (
        ["output ip saddr @NODE udp sport @RANGE ip daddr != @NODE reject"],
        ["--udp"], {"av.relay-out-blocked"}),
    "source-changed": (
        ["nat ip saddr @NODE udp sport @RANGE snat to @ELSEWHERE"],
        ["--udp", "--peer"],
        {"av.relay-source-changed"}),
    "outward-tcp": (
        ["output ip saddr @NODE tcp sport @RANGE tcp flags syn drop"],
        ["--tcp", "--peer"], {"av.relay-out-blocked"}),
    "udp": (["input ip daddr @NODE udp dport 3478 drop"], [],
            {"av.udp-blocked"}),
    "tcp": (["input ip daddr @NODE tcp dport 443 reject with tcp reset"], [],
            {"av.tcp-blocked"}),
    "lossy": (["output ip daddr @NODE udp dport @RANGE numgen inc mod 5 == 4 "
               "drop"], ["--udp", "--count", "60", "--interval", "20"],
              {"av.relay-loss"}),
}

# fault of edgesim: (options, findings, exit code)
FAULTS = {
    "av-allocate-300": (["--udp"], set(), 0),  # another node has room
    "av-allocate-486": ([], {"av.allocate-refused"}, 2),
    "av-allocate-500": ([], {"av.allocate-refused"}, 2),
    "av-allocate-600": ([], {"av.allocate-refused"}, 2),
    "av-stale-nonce": ([], {"av.allocate-refused"}, 2),
    # our own credentials may be the cause: nobody is to be sent anywhere
    "av-allocate-430": ([], set(), 3),
    "av-allocate-431": ([], set(), 3),
    "av-allocate-436": ([], set(), 3),
    "av-refuses-udp": ([], {"av.no-udp-relay"}, 2),
    "av-refuses-tcp": ([], {"av.no-tcp-relay"}, 2),
    "av-relay-outside-range": ([], {"av.relay-range"}, 1),
    "av-relay-private": (["--udp"], {"av.relay-private"}, 2),
    "av-relay-elsewhere": (["--udp"], {"av.relay-foreign"}, 2),
    "av-outward-only": (["--udp"], {"av.relay-in-blocked"}, 2),
    "av-inward-only": (["--udp"], {"av.relay-out-blocked"}, 2),
    "av-relays-private": (["--abuse-check"], {"av.relay-to-inside"}, 1),
    "av-reply-elsewhere": (["--udp"], {"av.reply-elsewhere"}, 2),
    "private-alternate-server": (["--udp"], {"av.alternate-private"}, 2),
    # none of these is a fault of the Edge
    "av-long-integrity": ([], set(), 0),
    "av-no-sequence": ([], set(), 0),
    "av-short-lifetime": ([], set(), 0),
}


class Turn:
    """edgeturn in the lab."""

    def __init__(self, here):
        self.here = here
        self.credentials = here.files / "credentials"
        self.key = here.files / "key"
        self.topology = here.topology()

    def start(self, *faults, options=()):
        self.credentials.unlink(missing_ok=True)
        self.here.start_edge(
            self.topology, faults,
            ["--credentials-out", self.credentials, *options])

    def restart(self, *faults):
        self.here.stop("edgesim")
        self.start(*faults)

    def command(self, *arguments):
        return [str(word) for word in (
            TURN, NODE, "--credentials", self.credentials, "--timeout", "2",
            "-o", "json", *arguments)]

    def look(self, *arguments):
        """(exit code, document)"""
        done = subprocess.run(
            self.command(*arguments), stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.PIPE, env=lab.ENVIRONMENT, timeout=60)
        return done.returncode, json.loads(done.stdout)

    def start_echo(self):
        self.here.start("echo", [str(TURN), f"--echo={ECHO}:3479",
                                 "--echo-key", str(self.key)])
        log = self.here.files / "echo.log"
        lab.wait_until("echo", lambda: b"answering" in log.read_bytes())

    def through_echo(self):
        return ["--peer", f"{ECHO}:3479", "--echo-key", self.key]


def findings(document):
    return {found["id"] for found in document["findings"]
            if found["severity"] != "info"}


def problems_of(document, expected):
    found = findings(document)
    if found != expected:
        yield f"found {sorted(found)}, not {sorted(expected)}"
        for verdict in document["verdicts"]:
            if verdict["state"] in ("blocked", "wrong", "warn"):
                yield f"{verdict['requirement']}: {verdict['because']}"
    for one in document["findings"]:
        if one["id"] in expected and one["nodes"] != [NODE]:
            yield f"{one['id']} at {one['nodes']}"


def seen(document, probe):
    return [one for one in document["observations"] if one["probe"] == probe]


def ports_of(address, transport):
    """Ports of the relay range that are open at an address."""
    text = "".join(f"{int(part):02X}" for part in address.split(".")[::-1])
    rows = pathlib.Path(f"/proc/net/{transport}").read_text().split("\n")[1:]
    ports = [int(row.split()[1].split(":")[1], 16) for row in rows
             if row and row.split()[1].startswith(text + ":")]
    return [port for port in ports if 50000 <= port < 60000]


def left_behind():
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        left = ports_of(NODE, "udp")
        if not left:
            return []
        time.sleep(0.05)
    return [f"ports left: {left}"]


def healthy(tally, turn):
    code, document = turn.look()
    tally.check("a_healthy_relay_is_verified", [
        *problems_of(document, set()),
        *([f"exit {code}"] if code else []),
        *(f"{probe}: {one['outcome']} {one['facts']}"
          for probe in ("relay-path", "relay-path-tcp")
          for one in seen(document, probe)
          if one["outcome"] != "answered" or one["facts"]["relay.back"] != 5
          or one["facts"]["relay.direct"] != 5),
        *(f"no {probe}" for probe in ("relay-path", "relay-path-tcp")
          if not seen(document, probe)), *left_behind()])
    code, document = turn.look(*turn.through_echo())
    tally.check("a_peer_elsewhere_verifies_both_transports", [
        *problems_of(document, set()), *([f"exit {code}"] if code else []),
        *(f"{one['probe']}: {one['facts']}" for one in
          seen(document, "relay-path") + seen(document, "relay-path-tcp")
          if one["facts"].get("relay.out") != 5
          or not one["facts"]["relay.source"].startswith(NODE)),
        *left_behind()])
    tally.check("credentials_stand_in_no_output", secrets_in(turn, document))
    code, document = turn.look("--udp", "--count", "100", "--interval", "20")
    facts = seen(document, "relay-path")[0]["facts"]
    tally.check("a_hundred_packets_all_come_back", [
        f"{key} {facts.get(key)}" for key, value in (
            ("relay.sent", 100), ("relay.out", 100), ("relay.back", 100))
        if facts.get(key) != value])


def secrets_in(turn, document):
    text = json.dumps(document)
    for line in turn.credentials.read_text(encoding="ascii").split("\n"):
        name, _, value = line.partition(" = ")
        if name in ("username", "password") and value in text:
            yield f"the {name} stands in the JSON"


def without_peer(tally, turn):
    """A wrong key is no peer, and no peer is no fault of the Edge."""
    wrong = turn.here.files / "other-key"
    wrong.write_text("00" * 32 + "\n", encoding="ascii")
    wrong.chmod(0o600)
    code, document = turn.look("--udp", "--peer", f"{ECHO}:3479",
                               "--echo-key", wrong)
    path = seen(document, "relay-path")[0]
    tally.check("a_peer_that_does_not_answer_is_no_fault_of_the_edge", [
        *problems_of(document, set()),
        *([] if code == 3 else [f"exit {code}"]),
        *([] if path["outcome"] == "local" else [str(path)])])


def interrupted(tally, turn):
    """SIGINT in the midst of a stream: the relay port is given back."""
    process = subprocess.Popen(
        turn.command("--udp", "--relay"), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, env=lab.ENVIRONMENT)
    lab.wait_until("allocation", lambda: ports_of(NODE, "udp"))
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=20)[0]
    tally.check("an_interrupted_look_leaves_no_port_behind", [
        *left_behind(),
        *([] if process.returncode == 3 else [f"exit {process.returncode}"]),
        *([] if json.loads(out)["observations"] else ["no JSON"])])


def rule(text):
    """One rule, in the chain that its first word names."""
    hook, _, text = text.partition(" ")
    for word, value in (("@NODE", NODE), ("@RANGE", RANGE),
                        ("@ELSEWHERE", ELSEWHERE)):
        text = text.replace(word, value)
    return f"add rule ip way {hook} {text}\n"


CHAINS = """
table ip way
delete table ip way
table ip way {
    chain input { type filter hook input priority 0; }
    chain output { type filter hook output priority 0; }
    chain nat { type nat hook postrouting priority 100; }
}
"""


def set_way(rules):
    subprocess.run(["nft", "-f", "-"], check=True, text=True,
                   env=lab.ENVIRONMENT,
                   input=CHAINS + "".join(map(rule, rules)))


def filtered(tally, turn):
    for name, (rules, options, expected) in FILTERS.items():
        set_way(rules)
        more = [word for option in options for word in (
            turn.through_echo() if option == "--peer" else [option])]
        _, document = turn.look(*more)
        tally.check(f"nftables: {name}", problems_of(document, expected))
    set_way([])
    _, document = turn.look()
    tally.check("nftables: nothing", problems_of(document, set()))


SOURCE = "nat ip saddr 198.51.100.9 ip daddr @NODE snat to "
INSIDE, HOME = "10.45.16.12", "192.0.2.56"


def changed_source(tally, turn):
    """edgeprobe with a file knows the Edge's side, product.md decision 17."""
    text = turn.topology.read_text(encoding="utf-8")
    path = turn.here.files / "known.conf"
    path.write_text(text + "\n[networks]\nexternal = 10.45.16.0/24\n",
                    encoding="utf-8")
    for name, rules, expected, more in (
            ("the_edges_own_network", [SOURCE + INSIDE], {"av.source-nat"},
             ()),
            ("a_home_network", [SOURCE + HOME], set(), ()),
            ("who_is_no_home", [SOURCE + HOME], {"av.source-nat"},
             ("--my-address", CLIENT)),
            ("nobody", [], set(), ())):
        set_way(rules)
        document = turn.here.document(
            "-t", path, "--resolver", lab.RESOLVER, "--ca-file",
            turn.here.roots, "-4", "--credentials", turn.credentials,
            "--only", "msturn-allocate,msturn-relay,dns", *more)
        again = turn.here.judged_again(document, "-t", path)
        states = {verdict["state"] for verdict in document["verdicts"]
                  if verdict["requirement"] == "av.must-see-source"
                  and verdict["node"] == "edge1"}
        wanted = {"wrong"} if expected else (
            {"unobserved"} if rules else {"verified"})
        tally.check(f"source_nat_of_{name}", [
            *([] if findings(document) == expected else
              [f"{sorted(findings(document))}"]),
            *([] if findings(again) == expected else
              [f"again: {sorted(findings(again))}"]),
            *([] if states == wanted else [f"{states}, not {wanted}"])])
    set_way([])


def pair_problems(turn, expected):
    done = subprocess.run(
        [str(word) for word in (
            TURN, "av.contoso.com", "--resolver", lab.RESOLVER, "-4", "--udp",
            "--credentials", turn.credentials, "-o", "json")],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
        env=lab.ENVIRONMENT, timeout=60)
    document = json.loads(done.stdout)
    pairs = seen(document, "relay-pair")
    if len(pairs) != 1:
        yield f"{len(pairs)} pairs"
    if findings(document) != expected:
        yield f"{sorted(findings(document))}"
    if done.returncode != (1 if expected else 0):
        yield f"exit {done.returncode}"
    yield from left_behind()


def from_edge_to_edge(tally, turn):
    """Two nodes: packets from relay port to relay port, both ways."""
    tally.check("edges_reach_one_another", pair_problems(turn, set()))
    for name, source, to in (("there", NODE, OTHER), ("back", OTHER, NODE)):
        set_way([f"output ip saddr {source} ip daddr {to} "
                 "udp dport @RANGE drop"])
        tally.check(f"edges_do_not_reach_one_another_{name}",
                    pair_problems(turn, {"av.edge-to-edge"}))
    set_way([])


def faults(tally, turn):
    for fault, (options, expected, exit_code) in FAULTS.items():
        turn.restart(f"{fault}@edge1")
        code, document = turn.look(*options)
        tally.check(f"edgesim: {fault}", [
            *problems_of(document, expected),
            *([f"exit {code}"] if code != exit_code else [])])


def inside():
    here = lab.Lab()
    turn = Turn(here)
    tally = Tally()
    turn.start()
    turn.start_echo()
    here.start_dns(turn.topology)
    healthy(tally, turn)
    without_peer(tally, turn)
    interrupted(tally, turn)
    filtered(tally, turn)
    changed_source(tally, turn)
    from_edge_to_edge(tally, turn)
    faults(tally, turn)
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
