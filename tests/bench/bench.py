#!/usr/bin/env python3
"""bench.py - what a look costs in round trips, beside other tools.

usage: bench.py [--rtt MS,...] [--tls 1.2,...] [--runs N] [--no-others]

A healthy pool (edgesim, dnsmasq) stands at the far end of a line with a round
trip of 50 and of 200 ms, and speaks TLS 1.2, then 1.3. Shown are the whole
run beside its longest chain, each chain in round trips as the line counted
them and in milliseconds by the trace, the same questions asked one after the
other by dig, openssl, curl, a STUN client and sslscan, and what the program
itself takes: its start and its memory. Nothing leaves this machine.

Ends with an error where a bound is missed; run it where nothing else runs.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "lab")]
import lab  # noqa: E402
from distance import Distance  # noqa: E402

PROBE, EDGE = lab.BUILD / "edgeprobe", lab.BUILD / "edgesim"
DOMAIN = "contoso.com"
STUN_SERVER = "192.0.2.54"
BOUND, SPARE_MS = 1.03, 20  # of the longest chain, and so much more
VERSION_MS, MEMORY_KIB = 10, 20 * 1024
LIMIT_S = 120

# What each probe asks, round trips after DNS besides those of TLS.
CHAINS = {
    "sip 443": ("SIP, three requests", 4, True),
    "sip 5061": ("federation, one request", 2, True),
    # in TLS 1.3 its tickets are an answer, too
    "webconf 443": ("Web Conferencing", 3, False),
    "xmpp 5269": ("XMPP", 4, True),
    # HTTP leads to HTTPS; the link to the user's own was asked for by then
    "lyncdiscover 443": ("lyncdiscover, sent on by HTTP", 4, True),
    "msturn-allocate-tcp 443": ("MSTURN over TCP, asked twice", 4, False),
    "msturn-allocate 3478": ("MSTURN over UDP, asked twice", 2, False),
}


def trips_of_tls(version):
    return {"1.2": 2, "1.3": 1}[version]


def expected(chain, version):
    _, trips, has_tls = CHAINS[chain]
    return 1 + trips + (trips_of_tls(version) if has_tls else 0)


def quietly(command, **more):
    return subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=lab.ENVIRONMENT, check=False,
        timeout=LIMIT_S, **{"stdin": subprocess.DEVNULL, **more})


def clocked(command, **more):
    """Milliseconds that a command takes."""
    began = time.monotonic()
    quietly(command, **more)
    return (time.monotonic() - began) * 1000


class Servers:
    """The far end."""

    def __init__(self, version):
        self.here = lab.Lab()
        self.topology = self.here.topology(sample=lab.XMPP_SAMPLE)
        self.here.start_dns(self.topology)
        ready = self.here.files / "ready"
        self.here.start("edgesim", [
            str(EDGE), "-t", str(self.topology), "--ca-out",
            str(self.here.roots), "--ready-file", str(ready),
            *(["--tls13"] if version == "1.3" else [])])
        lab.wait_until("edgesim", lambda: self.here.alive("edgesim")
                       and ready.exists())

    def probe(self, *more):
        return [PROBE, DOMAIN, "--resolver", lab.RESOLVER, "--ca-file",
                self.here.roots, *more]

    def close(self):
        self.here.stop("edgesim")
        self.here.stop("dnsmasq")


def end_ms(document, seen):
    """When an observation ended, from the beginning of the run."""
    at, began = (datetime.datetime.fromisoformat(moment) for moment in
                 (seen["at"], document["started"]))
    return (at - began).total_seconds() * 1000 + seen["duration_ms"]


def chain_of(seen):
    probe = seen["probe"]
    for family in ("sip", "lyncdiscover"):
        if probe.startswith(family):
            probe = family
    return f"{probe} {seen['endpoint'].get('port')}"


def chains_ms(document):
    """{chain: when its last conversation ended}"""
    ends = {}
    for seen in document["observations"]:
        chain = "dns" if seen["probe"] == "dns" else chain_of(seen)
        ends[chain] = max(ends.get(chain, 0), end_ms(document, seen))
    return ends


def chains_trips(flows):
    """{protocol and port: the most turns of a conversation}"""
    trips = {}
    for protocol, _, server, turns, _, _ in flows:
        key = protocol, server
        trips[key] = max(trips.get(key, 0), turns)
    return trips


def trips_of_chain(document, trips, chain):
    """Those of its longest conversation, and the one for DNS."""
    found = [0]
    for seen in document["observations"]:
        if seen["probe"] != "dns" and chain_of(seen) == chain:
            where = seen["endpoint"]
            address = where["address"]
            if ":" in address:
                address = f"[{address}]"
            found.append(trips.get((where["transport"],
                                    f"{address}:{where['port']}"), 0))
    return 1 + max(found)


# The way into the client's network is not part of the run.
SHELL = 'TIMEFORMAT=%3R; time "$@" >/dev/null 2>&1'


def clocked_within(network, command):
    """Milliseconds as the shell's time tells them, in another network."""
    done = subprocess.run(
        network.enter("bash", "-c", SHELL, "bash", *map(str, command)),
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
        env=lab.ENVIRONMENT, timeout=LIMIT_S)
    return float(done.stderr) * 1000


def clocked_runs(servers, rtt, count):
    """Milliseconds of whole runs, as people run it: with the report alone."""
    distance = Distance(servers.here, rtt)
    try:
        return [clocked_within(distance.client, servers.probe())
                for _ in range(count)]
    finally:
        distance.close()


class Look:
    """One run of edgeprobe from afar, with all that can be told of it."""

    def __init__(self, servers, rtt):
        distance = Distance(servers.here, rtt)
        report = servers.here.files / "run.json"
        try:
            command = distance.client.enter(*map(str, servers.probe(
                "-o", f"json:{report}")))
            quietly(command)
            self.document = json.loads(report.read_text(encoding="utf-8"))
            self.rounds, flows = distance.account()
        finally:
            distance.close()
        self.ends = chains_ms(self.document)
        trips = chains_trips(flows)
        self.trips = {chain: trips_of_chain(self.document, trips, chain)
                      for chain in CHAINS if chain in self.ends}


def problems_of_counts(look, version):
    """What needs more round trips than it must; no clock has a say."""
    if look.document["exit"] != 0:
        yield f"exit code {look.document['exit']} of a healthy deployment"
    for chain in CHAINS:
        if chain not in look.trips:
            yield f"nobody looked at {chain}"
        elif look.trips[chain] > expected(chain, version):
            yield (f"{chain}: {look.trips[chain]} round trips, "
                   f"{expected(chain, version)} are enough")
    longest = max(expected(chain, version) for chain in CHAINS)
    if look.rounds > longest:
        yield f"{look.rounds} rounds in all, {longest} are enough"


def show_look(look, walls, version, rtt):
    """The table of edgeprobe itself; yields the bounds that were missed."""
    longest = max(expected(chain, version) for chain in CHAINS)
    bound = BOUND * longest * rtt + SPARE_MS
    wall = statistics.median(walls)
    print(f"\nTLS {version}, round trip {rtt} ms: the whole run takes "
          f"{wall:.0f} ms (median of {len(walls)}, best {min(walls):.0f}); "
          f"longest chain {longest} R = {longest * rtt} ms, "
          f"bound {bound:.0f} ms")
    print(f"  {'chain':28} {'must':>5} {'took':>5} {'ended at':>9}")
    print(f"  {'DNS':28} {1:3} R {'':5} {look.ends['dns']:6.0f} ms")
    for chain, (title, _, _) in CHAINS.items():
        print(f"  {title:29}{expected(chain, version):3} R "
              f"{look.trips[chain]:3} R {look.ends[chain]:6.0f} ms")
    print(f"  {'all together':28} {longest:3} R {look.rounds:3} R "
          f"{max(look.ends.values()):6.0f} ms")
    yield from problems_of_counts(look, version)
    if wall > bound:
        yield f"TLS {version}, {rtt} ms: {wall:.0f} ms, not {bound:.0f}"


# The same questions by others, one after the other. Each gives (what,
# command, what it is told).

OPTIONS = ("OPTIONS sip:{domain} SIP/2.0\r\nVia: SIP/2.0/TLS 198.51.100.9:1;"
           "branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\nFrom: <sip:a@{domain}>;"
           "tag=1\r\nTo: <sip:{domain}>\r\nCall-ID: {n}\r\nCSeq: 1 {method}"
           "\r\nContent-Length: 0\r\n\r\n")


def dig(document):
    for seen in document["observations"]:
        if seen["probe"] == "dns":
            yield ["dig", f"@{lab.RESOLVER}", "+tries=1", "+short",
                   seen["endpoint"]["name"], seen["facts"]["dns.type"]]


def where(seen):
    address = seen["endpoint"]["address"]
    address = f"[{address}]" if ":" in address else address
    return f"{address}:{seen['endpoint']['port']}"


def s_client(seen, roots, *more):
    return ["openssl", "s_client", "-connect", where(seen), "-servername",
            seen["endpoint"]["name"], "-CAfile", str(roots), *more]


def of_probe(document, *probes):
    return [seen for seen in document["observations"]
            if seen["probe"] in probes]


def ask_and_go(command, words):
    """Writes words, and ends the command upon the first line of an answer:
    s_client itself would wait for the server's goodbye."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=lab.ENVIRONMENT)
    process.stdin.write(words)
    process.stdin.flush()
    while line := process.stdout.readline():
        if line.startswith(b"SIP/2.0"):
            break
    process.kill()
    process.communicate()


def run_sip(enter, document, roots):
    """One s_client for each question."""
    for number, seen in enumerate(of_probe(
            document, "sip-options-control", "sip-options", "sip-register")):
        domain = seen["subject"] if seen["subject"] != "-" else "a.invalid"
        ask_and_go(enter(*s_client(seen, roots, "-quiet")), OPTIONS.format(
            domain=domain, n=number, method="OPTIONS").encode())


def run_tls(enter, document, roots):
    for seen in of_probe(document, "webconf"):
        quietly(enter(*s_client(seen, roots)), input=b"", stdin=None)
    for seen in of_probe(document, "xmpp"):
        quietly(enter(*s_client(seen, roots, "-starttls", "xmpp-server",
                                "-xmpphost", DOMAIN)), input=b"", stdin=None)


def run_dns(enter, document, _):
    for command in dig(document):
        quietly(enter(*command))


def run_relays(enter, document, _):
    """A STUN server of its own stands for the relays, which speak MSTURN;
    curl connects to them over TCP and hears that it is no HTTP."""
    for _ in of_probe(document, "msturn-allocate"):
        quietly(enter("turnutils_stunclient", STUN_SERVER))
    for seen in of_probe(document, "msturn-allocate-tcp"):
        quietly(enter("curl", "-s", "--max-time", "5", "--insecure",
                      f"https://{where(seen)}/"))


OTHERS = [
    ("dig", "each question of DNS", run_dns),
    ("openssl s_client", "each request of SIP", run_sip),
    ("openssl s_client", "Web Conferencing, XMPP", run_tls),
    ("stunclient, curl", "the relays", run_relays),
]


def show_others(servers, look, wall_ms, rtt):
    distance = Distance(servers.here, rtt)
    total = 0.0
    print(f"  {'the same one after the other':28} {'':24} {'ratio':>9}")
    try:
        for tool, what, run in OTHERS:
            began = time.monotonic()
            run(distance.client.enter, look.document, servers.here.roots)
            taken = (time.monotonic() - began) * 1000
            total += taken
            print(f"  {tool:17} {what:23} {taken:8.0f} ms "
                  f"{taken / wall_ms:8.1f}")
        print(f"  {'all of these':41} {total:8.0f} ms "
              f"{total / wall_ms:8.1f}")
        scanned = clocked(distance.client.enter("sslscan", "--no-colour",
                                                "192.0.2.10:443"))
        print(f"  {'sslscan':17} {'versions at one address':23} "
              f"{scanned:8.0f} ms")
        # with DNS before it, and all addresses at once
        ours = clocked(distance.client.enter(*map(str, servers.probe(
            "--only", "tls-versions"))))
        print(f"  {'edgeprobe':17} {'versions at every one':23} "
              f"{ours:8.0f} ms {scanned / ours:8.1f} times faster")
    finally:
        distance.close()


def show_itself(servers):
    """Start and memory, without any distance."""
    times = [clocked([PROBE, "--version"]) for _ in range(20)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, servers.probe())],
        env=lab.ENVIRONMENT, stdout=subprocess.PIPE, check=True, text=True)
    memory = int(done.stdout)
    best = min(times)
    print(f"\n--version takes {statistics.median(times):.1f} ms (best "
          f"{best:.1f}, bound {VERSION_MS}); a look needs at most "
          f"{memory / 1024:.1f} MiB (bound {MEMORY_KIB / 1024:.0f})")
    if statistics.median(times) > VERSION_MS:
        yield "--version is slow"
    if memory > MEMORY_KIB:
        yield "a look needs much memory"


# The peak of one child alone: ours have had others.
MEASURE = """
import os, sys
child = os.fork()
if child == 0:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.execv(sys.argv[1], sys.argv[1:])
print(os.wait4(child, 0)[2].ru_maxrss)
"""


def measure(arguments):
    problems = []
    for version in arguments.tls.split(","):
        servers = Servers(version)
        servers.here.start("stun", [
            "turnserver", "--stun-only", "--no-cli", "--listening-ip",
            STUN_SERVER, "--no-tls", "--no-dtls", "--log-file=stdout",
            f"--pidfile={servers.here.files}/stun.pid"])
        for rtt in map(int, arguments.rtt.split(",")):
            walls = clocked_runs(servers, rtt, arguments.runs)
            look = Look(servers, rtt)
            problems += show_look(look, walls, version, rtt)
            if arguments.others:
                show_others(servers, look, statistics.median(walls), rtt)
        if version == arguments.tls.split(",")[-1]:
            problems += show_itself(servers)
        servers.here.stop("stun")
        servers.close()
    for problem in problems:
        print(f"missed: {problem}")
    sys.exit(1 if problems else 0)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rtt", default="50,200")
    parser.add_argument("--tls", default="1.2,1.3")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-others", dest="others", action="store_false")
    parser.add_argument("--inside", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse()
    if arguments.inside:
        measure(arguments)
    if not lab.has_namespaces():
        sys.exit("bench: no private network can be had here, see enclose.c")
    # the client's addresses stand at the other end, not on loopback
    sys.exit(lab.enclosed(__file__, ["--inside", *sys.argv[1:]],
                          lab.EVERYWHERE, timeout_s=None, clients=(),
                          output=None)[0])


if __name__ == "__main__":
    main()
