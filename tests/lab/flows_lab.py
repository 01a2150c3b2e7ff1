#!/usr/bin/env python3
"""flows_lab.py - each rule of the firewalls that is missing is missed.

For each topology and each flow that edgeplan's rulesets let through: exactly
its rules drop, then reject, what they match, and exactly the rows of that
flow turn blocked, and what rests on them. Whatever else turns bad is a false
alarm; a flow that no row misses is a miss.

usage: flows_lab.py [--all] [--jobs N] [TOPOLOGY...]

Without --all a sample of the flows: all of them once, at one topology or
another.
"""

import argparse
import concurrent.futures
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import network  # noqa: E402
from tally import Tally  # noqa: E402

HOW = "drop", "reject"
SHARE = 8  # runs that one lab makes before it is built anew elsewhere
LIMIT_S = 300
BAD = "blocked", "wrong", "warn"

# What a flow carries besides its own rows.
RESTS = {
    # from one relay to another, and back in behind NAT
    "ext.av.rtp.udp50000-59999.out": {"nat.edge-to-edge-av",
                                      "av.edge-to-edge"},
    # the same once more, as a rule
    "ext.xmpp.xmpp.tcp5269.out": {"xmpp.out-everywhere"},
    "int.access.sip-mtls.tcp5061.in": {"hlb.no-vip-fallback"},
    "int.av-auth.sip-mtls.tcp5062.in": {"hlb.no-vip-fallback"},
}
# Where a row cannot turn blocked: a firewall in front of us may be the one.
DOUBTS = {("outside", "ext.av.rtp.tcp50000-59999.out")}


def name_of(verdict):
    return verdict["flow"] or verdict["requirement"]


def key_of(verdict):
    return "/".join(verdict[part] for part in (
        "requirement", "node", "subject", "vantage"))


class Looks:
    """What is seen from each place of a lab."""

    def __init__(self, net):
        self.net = net

    def outside(self):
        return [self.net.document(
            "-t", self.net.topology, "--timeout", "1", "--credentials",
            self.net.credentials)]

    def inside(self):
        return [self.net.from_inside("--timeout", "1")]

    def edges(self):
        return [self.net.from_edge(node, "--timeout", "1")
                for node in self.net.nodes]

    def peer(self):
        """From outside as well, with a peer where nothing is in front."""
        servers = [address for node in self.net.deployment.edges for address
                   in self.net.deployment.public_of(node, "av")
                   if ":" not in address]
        return [self.net.through_relay(server, "--timeout", "1")
                for server in servers]

    PLACES = {"outside": outside, "inside": inside, "edge-host": edges,
              "peer": peer}

    @staticmethod
    def places_of(flow):
        """Those that a flow may concern."""
        if flow.startswith("ext.av.rtp."):
            return ["outside", "peer"]
        ways = {"ext.in": ["outside"], "ext.out": ["edge-host"],
                "int.in": ["inside"], "int.out": ["edge-host"]}
        return ways[flow.split(".")[0] + "." + flow.rpartition(".")[2]]

    def verdicts(self, place):
        """{key: verdict} of what is seen from a place."""
        return {key_of(verdict): verdict
                for document in self.PLACES[place](self)
                for verdict in document["verdicts"]}


def look_problems(nodes, flow, place, before, after):
    """(rows found blocked, what is wrong with the rest)"""
    found, problems = 0, []
    for key, verdict in after.items():
        was = before.get(key, {"state": "unobserved"})["state"]
        state, name = verdict["state"], name_of(verdict)
        if name == flow:
            if state == "blocked":
                found += 1
            elif verdict["subject"] in nodes:
                pass  # from one to another past the firewall, or by "in"
            elif was == "verified" and (state == "verified" or
                                        (place, flow) not in DOUBTS):
                problems.append(f"missed: {key} is {state}: "
                                f"{verdict['because']}")
        elif state in BAD and was != state and \
                name not in RESTS.get(flow, ()):
            problems.append(f"false alarm: {key} is {state}, was {was}: "
                            f"{verdict['because']}")
        if state == "blocked" and "it answered" in verdict["because"]:
            problems.append(f"false alarm: {key}: {verdict['because']}")
    return found, problems


def try_flow(looks, before, flow, how):
    """What became of one run: seen, found, problems."""
    result = {"flow": flow, "how": how, "seen": False, "found": 0,
              "problems": []}
    places = [place for place in looks.places_of(flow)
              if any(name_of(verdict) == flow and
                     verdict["state"] == "verified"
                     for verdict in before[place].values())]
    if not places:
        return result
    looks.net.treat(flow, how)
    for place in places:
        found, problems = look_problems(looks.net.nodes, flow, place,
                                        before[place], looks.verdicts(place))
        result["found"] += found
        result["problems"] += problems
        result["seen"] |= (place, flow) not in DOUBTS
    looks.net.treat(flow, "accept")
    return result


def stand(sample):
    here = lab.Lab()
    here.edgesim = lab.BUILD / "edgesim"
    net = network.Network(here, here.topology(
        sample=network.sample_file(sample)))
    net.start_all()
    return net


def inside(sample, chosen):
    """The runs of one lab; chosen is "FLOW HOW,...", or "" to list flows."""
    if not chosen:
        here = lab.Lab()
        print(json.dumps(network.Network(here, here.topology(
            sample=network.sample_file(sample))).flows()))
        return
    looks = Looks(stand(sample))
    before = {place: looks.verdicts(place) for place in looks.PLACES}
    bad = [f"{key} is {verdict['state']} where nothing is wrong: "
           f"{verdict['because']}" for place in before.values()
           for key, verdict in place.items() if verdict["needed"] and
           verdict["state"] in ("blocked", "wrong")]
    runs = [try_flow(looks, before, *words.split())
            for words in chosen.split(",")]
    json.dump({"bad": bad, "runs": runs}, sys.stdout)


def enclosed(sample, chosen):
    code, out, err = lab.enclosed(__file__, ["--inside", sample, chosen], [],
                                  LIMIT_S)
    if code:
        raise RuntimeError(f"{sample}: exit {code}: {err.strip()[-3000:]}")
    return json.loads(out)


def sampled(runs):
    """Each flow once, each in turn at another topology."""
    chosen, flows = [], {}
    for sample, flow, how in runs:
        flows.setdefault(flow, []).append((sample, flow, how))
    for index, (_, some) in enumerate(sorted(flows.items())):
        chosen.append(some[5 * index % len(some)])
    return chosen


def shares(runs):
    """(topology, runs) that one lab makes after the other."""
    by_sample = {}
    for sample, flow, how in runs:
        by_sample.setdefault(sample, []).append(f"{flow} {how}")
    for sample, some in by_sample.items():
        for at in range(0, len(some), SHARE):
            yield sample, ",".join(some[at:at + SHARE])


def report(tally, sample, result, count):
    tally.check(f"{sample}_is_whole", result["bad"])
    for run in result["runs"]:
        if not run["seen"]:
            count["unseen"].add(run["flow"])
            continue
        problems = run["problems"]
        if not run["found"]:
            problems = [*problems, "missed: no row is blocked"]
        count["tested"] += 1
        count["missed"] += any(p.startswith("missed") for p in problems)
        count["alarms"] += sum(p.startswith("false") for p in problems)
        tally.check(f"{sample}: {run['flow']}: {run['how']}", problems)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("topologies", nargs="*", default=network.SAMPLES)
    arguments = parser.parse_args()
    lab.need_namespaces()
    tally = Tally()
    count = {"tested": 0, "missed": 0, "alarms": 0, "unseen": set()}
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        flows = list(pool.map(lambda sample: enclosed(sample, ""),
                              arguments.topologies))
        runs = [(sample, flow, how) for sample, some in zip(
            arguments.topologies, flows) for flow in some for how in HOW]
        parts = list(shares(runs if arguments.all else sampled(runs)))
        for (sample, _), result in zip(parts, pool.map(
                lambda part: enclosed(*part), parts)):
            report(tally, sample, result, count)
    tally.same("each_flow_is_seen_from_somewhere", count["unseen"], set())
    print(f"{count['tested']} flows tested, "
          f"{count['tested'] - count['missed']} found, "
          f"{count['missed']} missed, {count['alarms']} false alarms")
    tally.finish()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(*sys.argv[2:])
    else:
        main()
