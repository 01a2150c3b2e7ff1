#!/usr/bin/env python3
"""whole_lab.py - what is seen from all places, put together, is the whole.

For each topology: edgeprobe outside, edgecheck inside and at each Edge's own
place are one matrix of `edgeprobe judge`, in which every row of the firewall
tables that can be tried and applies is verified, and nothing that is needed is
wrong or blocked.
"""

import concurrent.futures
import csv
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import flows_lab  # noqa: E402
import lab  # noqa: E402
import network  # noqa: E402
from tally import Tally  # noqa: E402

TABLE = lab.ROOT / "common/tables/firewall.tsv"
LIMIT_S = 240
AT_ONCE = 3


def active_rows():
    """Ids that somebody can try: the others are of the plan or a capture."""
    with open(TABLE, encoding="utf-8", newline="") as table:
        return {row["id"] for row in csv.DictReader(
            table, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["verify_mode"] == "active"}


def inside(sample):
    net = flows_lab.stand(sample)
    looks = flows_lab.Looks(net)
    files = []
    for place in ("outside", "inside", "edge-host"):
        for document in looks.PLACES[place](looks):
            path = net.here.files / f"run{len(files)}.json"
            path.write_text(json.dumps(document), encoding="utf-8")
            files.append(path)
    merged = net.here.document("judge", "-t", net.topology, *files)
    json.dump([{part: verdict[part] for part in (
        "requirement", "state", "node", "subject", "vantage", "needed",
        "because")} for verdict in merged["verdicts"]], sys.stdout)


def problems_of(verdicts):
    """Rows that are not verified from anywhere, and whatever is bad."""
    active, states = active_rows(), {}
    for verdict in verdicts:
        name = verdict["requirement"]
        if verdict["needed"] and verdict["state"] in ("wrong", "blocked"):
            yield f"{name} at {verdict['node']}, {verdict['vantage']}: " \
                  f"{verdict['state']}: {verdict['because']}"
        if name in active:
            place = name, verdict["node"], verdict["subject"]
            states.setdefault(place, {}).setdefault(
                verdict["state"], verdict["because"])
    for place, seen in sorted(states.items()):
        if "verified" not in seen and "n/a" not in seen:
            yield f"{place}: {seen}"


def hosts_of(verdicts):
    """Edge Servers whose own routes were seen."""
    return {verdict["node"] for verdict in verdicts
            if verdict["requirement"] == "route.gateway-external" and
            verdict["vantage"] == "edge-host" and
            verdict["state"] == "verified"}


def enclosed(sample):
    code, out, err = lab.enclosed(__file__, ["--inside", sample], [],
                                  LIMIT_S)
    return json.loads(out) if not code else err


def main():
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2])
        return
    lab.need_namespaces()
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for sample, seen in zip(network.SAMPLES, pool.map(
                enclosed, network.SAMPLES)):
            verified = sum(one["state"] == "verified" for one in seen) \
                if isinstance(seen, list) else 0
            tally.check(f"all_is_verified_of_{sample}", problems_of(seen)
                        if isinstance(seen, list) else [seen[-2000:]])
            tally.check(f"much_is_verified_of_{sample}",
                        [] if verified > 100 else [f"{verified} rows"])
            hosts = {"edge1"} if "single" in sample else {"edge1", "edge2"}
            tally.check(f"each_host_is_judged_of_{sample}", [
                f"{hosts_of(seen)}"] if hosts_of(seen) != hosts else [])
    tally.finish()


if __name__ == "__main__":
    main()
