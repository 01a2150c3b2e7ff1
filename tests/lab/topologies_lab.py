#!/usr/bin/env python3
"""topologies_lab.py - each sample topology as a world of its own.

The firewalls have the rules, the name servers the zones, that edgeplan writes.
Plain sockets show that every published port is open from where it has to be,
and no other; edgeprobe looks from the Internet, edgecheck from the servers
and the users inside and from an Edge Server's own place, and every row that
can be seen from there is verified.
"""

import concurrent.futures
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import network  # noqa: E402
from deployment import Deployment  # noqa: E402
from tally import Tally  # noqa: E402

# How many rows are verified, at least.
LEAST = {"outside": 70, "inside": 12, "users": 50, "edge-host": 12}
# What a run from outside can only warn of, by its own rule.
WARNS = {"single-address": {"ip.single-discouraged"}}
# Nothing of an Edge Server is there for anybody outside.
SHUT_OUTSIDE = [("tcp", 22), ("tcp", 3389), ("tcp", 4443), ("tcp", 8057),
                ("tcp", 5060), ("tcp", 50000), ("udp", 50000), ("udp", 5061)]
ACCESS = [("tcp", 5061), ("tcp", 5062)]  # a VIP has it, or each node
EACH_NODE = [("tcp", 8057), ("tcp", 4443)]
LOGGING = [("tcp", 50001), ("tcp", 50002), ("tcp", 50003)]
RELAY = [("tcp", 443), ("udp", 3478)]
SHUT_INSIDE = [("tcp", 22), ("tcp", 3389), ("tcp", 5060), ("tcp", 50004)]


def wanted_outside(net):
    """("SOURCE TRANSPORT ADDRESS PORT", whether it is open), of a client."""
    deployment = net.deployment
    seen = deployment.balancers or deployment.edges
    # an A/V Edge behind a balancer is reached past it, too
    also = [(node, ["av"]) for node in deployment.edges
            if deployment.balancers]
    for node, services in [*((node, node.addresses) for node in seen), *also]:
        ports = {}
        for service in services:
            if service == "xmpp" and not deployment.has_xmpp:
                continue
            for address in deployment.public_of(node, service):
                ports.setdefault(address, set()).update(
                    deployment.listeners(service))
        for address, opened in ports.items():
            for transport, port in [*opened, *SHUT_OUTSIDE]:
                yield (f"- {transport} {address} {port}",
                       (transport, port) in opened)


def wanted_of_edge(net, node):
    """From an Edge Server: to partners, and to the servers inside."""
    partner = Deployment(lab.PARTNER).edges[0]
    to_access, to_av = (partner.addresses[service][0]
                        for service in ("access", "av"))
    access, av = (node.addresses[service][0] for service in ("access", "av"))
    for source, transport, to, port, opened in [
            (access, "tcp", to_access, 5061, True),
            (access, "tcp", to_access, 80, True),
            (access, "tcp", network.LISTS, 80, True),
            (access, "tcp", network.SERVERS[4], 53, True),
            (access, "udp", network.SERVERS[4], 53, True),
            (access, "tcp", to_access, 5269, net.deployment.has_xmpp),
            (access, "tcp", to_access, 22, False),
            (av, "tcp", to_av, 443, True), (av, "udp", to_av, 3478, True),
            (av, "tcp", to_access, 80, False if av != access else None)]:
        if opened is not None:
            yield f"{source} {transport} {to} {port}", opened
    for server in net.deployment.servers:
        yield f"{node.internal} tcp {server} 5061", True
        yield f"{node.internal} tcp {server} 22", False
    # the others of the pool, by the addresses that the world knows
    for other in net.deployment.edges:
        for address in net.deployment.public_of(other, "av"):
            if other is not node and ":" not in address:
                for transport, port in RELAY:
                    yield f"{av} {transport} {address} {port}", True


def wanted_inside(net, place):
    """From the servers, or from users, who have the relay at most."""
    is_server = place == "front"
    deployment = net.deployment
    vip = deployment.internal_vip()
    xmpp = [("tcp", 23456)] if deployment.has_xmpp else []
    places = [(node.internal, [
        (EACH_NODE + xmpp, is_server), (SHUT_INSIDE, False),
        (ACCESS, is_server and not vip), (LOGGING, deployment.has_logging),
        # behind a balancer the tables name the servers alone
        (RELAY, is_server or not net.balancer)])
        for node in deployment.edges]
    if vip:
        places.append((vip, [(ACCESS, is_server), (RELAY, True),
                             (EACH_NODE + SHUT_INSIDE, False)]))
    for address, rows in places:
        for ports, opened in rows:
            for transport, port in ports:
                yield f"- {transport} {address} {port}", opened


def reach_problems(net, place, wanted):
    asked = dict(wanted)
    told = net.run(place, sys.executable, HERE / "reach.py",
                   text="\n".join(asked) + "\n")
    for line in told.strip().split("\n"):
        words, _, state = line.rpartition(" ")
        if (state == "open") != asked[words]:
            yield f"{place}: {words} is {state}"


def sockets_problems(net):
    problems = list(reach_problems(net, "internet", wanted_outside(net)))
    for node in net.deployment.edges:
        problems += reach_problems(net, node.name, wanted_of_edge(net, node))
    for place in ("front", "users"):
        problems += reach_problems(net, place, wanted_inside(net, place))
    return problems


def names_problems(net):
    """Internal names and addresses lead to each other."""
    name = net.deployment.words("deployment", "internal-name", [""])[0]
    at = f"@{net.resolver_inside()}"
    vip = net.deployment.internal_vip()
    internal = [vip] if vip else sorted(
        node.internal for node in net.deployment.edges)
    found = sorted(net.run("front", "dig", "+short", at, name).split())
    if found != internal:
        yield f"{name} is {found}"
    for address in internal:
        found = net.run("front", "dig", "+short", at, "-x", address).strip()
        if found != name + ".":
            yield f"{address} is {found}"


def needed(document):
    """How many of the needed rows are verified, and the others."""
    rows = [v for v in document["verdicts"] if v["needed"]]
    bad = [f"{v['flow'] or v['requirement']}@{v['node']}={v['state']}: "
           f"{v['because']}" for v in rows if v["state"] != "verified"]
    return {"verified": len(rows) - len(bad), "bad": bad}


def inside(sample):
    here = lab.Lab()
    net = network.Network(here, here.topology(
        sample=network.sample_file(sample)))
    net.start_all()
    result = {"up_s": net.seconds(), "sockets": sockets_problems(net),
              "names": list(names_problems(net))}
    common = ["-t", net.topology, "--timeout", "2"]
    result["looks"] = {
        "outside": needed(net.document(*common, "--credentials",
                                       net.credentials)),
        "inside": needed(net.from_inside("--timeout", "2")),
        "users": needed(net.of_servers("--timeout", "2")),
        "edge-host": needed(net.from_edge(net.nodes[-1], "--timeout", "2"))}
    for name in ("edgesim", "partner", "front"):
        here.alive(name)
    json.dump(result, sys.stdout)


def run_sample(sample):
    code, out, err = lab.enclosed(__file__, ["--inside", sample], [])
    if code:
        return None, f"exit {code}: {err.strip()[-3000:]}"
    return json.loads(out), ""


def look_problems(sample, look, least):
    for row in look["bad"]:
        if row.partition("@")[0] not in WARNS.get(sample, set()):
            yield row
    if look["verified"] < least:
        yield f"only {look['verified']} rows verified"


def main(arguments):
    if arguments[:1] == ["--inside"]:
        inside(arguments[1])
        return
    lab.need_namespaces()
    tally = Tally()
    chosen = arguments or network.SAMPLES
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for sample, (result, why) in zip(chosen, pool.map(run_sample,
                                                          chosen)):
            if not result:
                tally.check(f"{sample}_stands", why.split("\n"))
                continue
            tally.check(f"{sample}_is_open_where_it_has_to_be_alone",
                        result["sockets"])
            tally.check(f"{sample}_has_names_inside", result["names"])
            for place, least in LEAST.items():
                tally.check(f"{sample}_is_verified_from_{place}",
                            look_problems(sample, result["looks"][place],
                                          least))
            print(f"{sample}: up in {result['up_s']:.1f} s")
    tally.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
