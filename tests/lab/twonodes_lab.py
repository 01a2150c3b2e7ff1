#!/usr/bin/env python3
"""twonodes_lab.py - two faults at two nodes, named there and nowhere else.

A pool whose names lead to two nodes: one shows an expired certificate, at the
other a firewall (nftables, which edgeprobe knows nothing of) drops UDP 3478.
With a topology file and without one, these are all that is found. And each
fault alone, and none.
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

EXPIRED, SILENT = "edge1", "edge2"
RULES = """\
table inet firewall {{
    chain input {{
        type filter hook input priority 0; policy accept;
        ip daddr {four} udp dport 3478 counter drop
        ip6 daddr {six} udp dport 3478 counter drop
    }}
}}
"""
CERTIFICATE = ([f"cert.ext.ca.public@{EXPIRED}=wrong"], ["cert.expired"])
RELAY = ([f"ext.av.stun-msturn.udp3478.in@{SILENT}=blocked"],
         ["av.udp-blocked"])


def nft(rules):
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True,
                   env=lab.ENVIRONMENT)


def drop_relay(nodes):
    """Silence at the relay of one node, over IPv4 and IPv6."""
    four, six = (next(address for address, node in nodes.items()
                      if node == SILENT and ending in address)
                 for ending in (".31", "::31"))
    nft(RULES.format(four=four, six=six))


def node_problems(document, nodes, wanted):
    """Each finding names its node, in the form that the run has for it."""
    for finding in document["findings"]:
        at = {nodes.get(node, node) for node in finding["nodes"]}
        if at != {wanted[finding["id"]]}:
            yield f"{finding['id']} at {finding['nodes']}"


def check_look(tally, name, document, nodes, faults):
    rows = [row for rows, _ in faults for row in rows]
    findings = [one for _, findings in faults for one in findings]
    tally.check(name, [
        *peers.differences(document, rows, findings, nodes),
        *node_problems(document, nodes, {"cert.expired": EXPIRED,
                                         "av.udp-blocked": SILENT})])
    tally.same(f"{name}_by_its_exit_code", document["exit"],
               2 if faults else 0)


def check_looks(tally, here, topology, name, faults):
    nodes = lab.nodes_of(topology)
    common = ["--resolver", lab.RESOLVER, "--ca-file", here.roots,
              "--timeout", "2"]
    for how, arguments in (("without_a_file", ["sip.contoso.com"]),
                           ("with_a_file", ["-t", topology])):
        check_look(tally, f"{name}_{how}",
                   here.document(*arguments, *common), nodes, faults)


def check_text(tally, here):
    """The report for people names the addresses, and no other node."""
    code, out, _ = here.probe(
        "sip.contoso.com", "--resolver", lab.RESOLVER, "--ca-file",
        here.roots, "--timeout", "2")
    tally.check("the_report_says_where_and_what_to_do", [
        f"no {words!r} in it:\n{out}" for words in (
            "192.0.2.10:443", "192.0.2.31:3478/udp", "renew the external",
            "UDP 3478") if words not in out]
        + ([f"exit {code}"] if code != 2 else []))


def inside():
    tally = Tally()
    here = lab.Lab()
    topology = here.topology()
    here.start_dns(topology)
    here.start_edge(topology)
    check_looks(tally, here, topology, "nothing_is_found_where_nothing_is", [])
    drop_relay(lab.nodes_of(lab.SAMPLE))
    check_looks(tally, here, topology, "a_dropped_port_is_named_alone",
                [RELAY])
    here.stop("edgesim")
    here.start_edge(topology, [f"certificate-expired@{EXPIRED}"])
    check_looks(tally, here, topology, "both_are_named_and_nothing_else",
                [CERTIFICATE, RELAY])
    check_text(tally, here)
    nft("flush ruleset\n")
    check_looks(tally, here, topology, "an_expired_certificate_is_named_alone",
                [CERTIFICATE])
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("nft", "dnsmasq")
    lab.run_inside(__file__, inside)
