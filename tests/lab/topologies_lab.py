#!/usr/bin/env python3
"""topologies_lab.py - each sample topology as a network of its own.

The firewalls have the rules, the name server the zones, that edgeplan writes;
edgeprobe looks from the Internet and every row that can be seen from there is
verified. Then one passage is shut, and its row alone is blocked.
"""

import concurrent.futures
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import network  # noqa: E402
from tally import Tally  # noqa: E402

SAMPLES = ["single-nat", "single-public", "scaled-dnslb-nat",
           "scaled-dnslb-public", "scaled-hlb", "single-address"]
UP_S = 5
# The flow that is shut in the second run, and the rows it makes blocked.
SHUT = "ext.av.stun-msturn.udp3478.in"
# What a run from outside can only warn of, by its own rule.
WARNS = {"single-address": {"ip.single-discouraged"}}


def rows_of(document, states):
    return {v["flow"] or v["requirement"] for v in document["verdicts"]
            if v["needed"] and v["state"] in states}


def shut(net, flow):
    """Takes the rules of a flow out of the firewall outside."""
    listed = json.loads(net.run("outer", "nft", "-j", "list", "chain", "inet",
                                "edge_external", "forward"))
    for item in listed["nftables"]:
        rule = item.get("rule", {})
        if rule.get("comment") == flow:
            net.run("outer", "nft", "delete", "rule", "inet",
                    "edge_external", "forward", "handle", rule["handle"])


def inside(sample):
    here = lab.Lab()
    topology = here.topology(
        sample=lab.ROOT / f"man/examples/{sample}.conf")
    net = network.Network(here, topology)
    net.start_dns()
    net.start_edges()
    result = {"up": net.up_s}
    for name in ("open", "shut"):
        if name == "shut":
            shut(net, SHUT)
        # the stand-in's authority is not of the deployment: no rule lets
        # anybody reach it
        document = net.document("-t", topology, "--timeout", "2",
                                "--skip", "revocation")
        result[name] = {
            "verified": len(rows_of(document, ["verified"])),
            "bad": sorted(f"{v['flow'] or v['requirement']}@{v['node']}="
                          f"{v['state']}: {v['because']}"
                          for v in document["verdicts"] if v["needed"] and
                          v["state"] != "verified"),
            "findings": sorted({f["id"] for f in document["findings"]
                                if f["severity"] != "info"})}
    here.alive("edgesim")
    json.dump(result, sys.stdout)


def run_sample(sample):
    code, out, err = lab.enclosed(__file__, ["--inside", sample], [])
    if code:
        return None, f"exit {code}: {err.strip()[-3000:]}"
    return json.loads(out), ""


def open_problems(sample, result):
    warns = WARNS.get(sample, set())
    for row in result["open"]["bad"]:
        if row.partition("@")[0] not in warns:
            yield row
    if result["open"]["verified"] < 10:
        yield f"only {result['open']['verified']} rows verified"


def shut_problems(result):
    before = set(result["open"]["bad"])
    for row in result["shut"]["bad"]:
        # what several documents say of one flow, and what is beside it
        if row not in before and not row.startswith(
                (SHUT, "cli.stun-msturn.udp3478")):
            yield f"false alarm: {row}"
    if not any(row.startswith(SHUT) and "=blocked" in row
               for row in result["shut"]["bad"]):
        yield f"missed: {result['shut']['bad']}"


def main(arguments):
    if arguments[:1] == ["--inside"]:
        inside(arguments[1])
        return
    lab.need_namespaces()
    tally = Tally()
    chosen = arguments or SAMPLES
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for sample, (result, why) in zip(chosen, pool.map(run_sample,
                                                          chosen)):
            if not result:
                tally.check(f"{sample}_stands", why.split("\n"))
                continue
            tally.check(f"{sample}_is_verified_whole",
                        open_problems(sample, result))
            tally.check(f"{sample}_shows_what_is_shut",
                        shut_problems(result))
            print(f"{sample}: up in {result['up']:.1f} s")
    tally.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
