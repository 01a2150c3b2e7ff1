#!/usr/bin/env python3
"""kinds_lab.py - a healthy deployment of each kind is found healthy.

One topology file a kind, with edgesim behind it: no needed row is anything
but verified, and one broken service turns its row at its node. With NAT,
edgesim stands where the address mapping would lead.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

HEAD = """[deployment]
product = {product}
topology = {kind}
sip-domains = contoso.com
"""
NODE = """[{section}]
access = {net}.{a}
webconf = {net}.{b}
av = {net}.{c}
"""
PUBLIC = """access-public = 192.0.2.{a}
webconf-public = 192.0.2.{b}
av-public = 192.0.2.{c}
"""
XMPP = "features = remote-access webconf av federation xmpp\n"


def node(section, number, net="192.0.2", mapped=False):
    numbers = {"a": 10 + number, "b": 20 + number, "c": 30 + number}
    return NODE.format(section=section, net=net, **numbers) + (
        PUBLIC.format(**numbers) if mapped else "")


# kind, product, nodes, the fault's node
KINDS = [
    ("single-public", "sfb2019", node("edge one", 0), "one"),
    ("single-public", "lync2013", node("edge one", 0), "one"),
    ("single-nat", "sfb2015", node("edge one", 0, "10.45.16", True), "one"),
    ("scaled-dnslb-public", "sfbse",
     node("edge one", 0) + node("edge two", 1) + node("edge three", 2),
     "three"),
    ("scaled-hlb", "sfb2015", node("vip hlb", 0) + node("edge one", 1)
     + node("edge two", 2), "hlb"),
    ("scaled-hlb", "lync2013", node("vip hlb", 0) + node("edge one", 1)
     + node("edge two", 2), "hlb"),
]


def troubles(document):
    return [f"{verdict['requirement']}@{verdict['node']}="
            f"{verdict['state']}: {verdict['because']}"
            for verdict in document["verdicts"]
            if verdict["needed"] and verdict["state"] != "verified"]


def mapped(text):
    """The topology as it is seen outside."""
    lines = [line for line in text.replace("-nat", "-public").split("\n")
             if "= 10." not in line]
    return "\n".join(lines).replace("-public =", " =")


def look(here, kind, product, nodes, faults=(), connect=()):
    """With connect, edgesim stands at the addresses behind the mapping."""
    text = HEAD.format(kind=kind, product=product) + nodes
    topology = here.topology(mapped(text))
    here.start_dns(topology)
    if connect:
        topology = here.topology(text)
    here.start_edge(topology, faults)
    document = here.document(
        "-t", here.topology(text), "--resolver", lab.RESOLVER, "--ca-file",
        here.roots, "--timeout", "2", *connect)
    here.stop("edgesim")
    here.stop("dnsmasq")
    return document


def check_connect(tally, here):
    """--connect leads to the private addresses, past NAT."""
    connect = []
    for name, last, ports in (("sip", 10, (443, 5061)),
                              ("webcon", 20, (443,)), ("av", 30, (443, 3478))):
        for port in ports:
            connect += ["--connect", f"{name}.contoso.com:{port}:"
                        f"10.45.16.{last}:{port}"]
    connect += ["--skip", "revocation"]  # at the public address
    kind, product, nodes, broken = next(
        row for row in KINDS if row[0] == "single-nat")
    tally.check("connect_leads_past_the_address_mapping",
                troubles(look(here, kind, product, nodes, (), connect)))
    found = troubles(look(here, kind, product, nodes, ["refuse-av-tcp"],
                          connect))
    tally.check("connect_keeps_the_name_of_the_node", [
        line for line in found if f"@{broken}=blocked" not in line]
        if found else ["nothing was found"])


def check_xmpp(tally, here):
    """The products that have XMPP, with it on, and its proxy refusing."""
    for kind, product, nodes, broken in KINDS:
        if product not in ("lync2013", "sfb2015"):
            continue
        document = look(here, kind, product, XMPP + nodes)
        tally.check(f"healthy_{kind}_of_{product}_with_xmpp_is_found_healthy",
                    troubles(document) if any(
                        seen["probe"] == "xmpp"
                        for seen in document["observations"])
                    else ["nobody looked at XMPP"])
        found = troubles(look(here, kind, product, XMPP + nodes,
                              [f"refuse-xmpp@{broken}"]))
        tally.check(f"refusing_xmpp_of_{kind}_{product}_is_named", [
            line for line in found
            if f".xmpp.tcp5269.in@{broken}=blocked" not in line
            and not (line.startswith("cert.xmpp.")
                     and f"@{broken}=unobserved" in line)]
            if found else ["nothing was found"])


def inside():
    tally = Tally()
    here = lab.Lab()
    check_connect(tally, here)
    check_xmpp(tally, here)
    for kind, product, nodes, broken in KINDS:
        tally.check(f"healthy_{kind}_of_{product}_is_found_healthy",
                    troubles(look(here, kind, product, nodes)))
        found = troubles(look(here, kind, product, nodes,
                              [f"mute-av-udp@{broken}"]))
        strangers = [line for line in found
                     if f".udp3478.in@{broken}=blocked" not in line
                     and f".udp3478@{broken}=blocked" not in line
                     and f"@{broken}=unobserved: rests on" not in line]
        tally.check(f"silent_relay_of_{kind}_{product}_is_named",
                    strangers if found else ["nothing was found"])
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
