#!/usr/bin/env python3
"""faults_lab.py - each fault turns exactly the rows it should.

faults.tsv names a fault of edgesim, its node, and the needed rows that then
are not verified, as ROW@NODE=STATE (ROW is a flow or an id). Every case runs
in a network of its own, without a topology file and with one; addresses count
as the node they belong to. "t:" before a row: only with a file; "n:": only
without.

usage: faults_lab.py [FAULT...]        (all of them, when none is named)
       faults_lab.py --show [FAULT...] (prints what comes, in table form)
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

TABLE = HERE / "faults.tsv"
AT_ONCE = 2 * (os.cpu_count() or 1)  # they mostly wait
LIMITS = ["--timeout", "2", "--deadline", "30"]


def rows_of(document, nodes):
    """{ROW@NODE=STATE} of the needed verdicts that are not verified."""
    rows = set()
    for verdict in document["verdicts"]:
        if verdict["needed"] and verdict["state"] != "verified":
            row = verdict.get("flow") or verdict["requirement"]
            node = nodes.get(verdict["node"], verdict["node"])
            rows.add(f"{row}@{node}={verdict['state']}")
    return rows


def inside(faults):
    """One case: prints {"n": rows, "t": rows, "findings": ids}."""
    here = lab.Lab()
    topology = here.topology()
    here.start_dns(topology)
    here.start_edge(topology, faults)
    nodes = lab.nodes_of(topology)
    common = ["--resolver", lab.RESOLVER, "--ca-file", here.roots, *LIMITS]
    result = {}
    modes = (("n", ["sip.contoso.com"]), ("t", ["-t", topology]))
    for mode, arguments in modes:
        document = here.document(*arguments, *common)
        result[mode] = sorted(rows_of(document, nodes))
        result[mode + "-exit"] = document["exit"]
        result[mode + "-findings"] = sorted(
            {finding["id"] for finding in document["findings"]})
    here.alive("edgesim")
    json.dump(result, sys.stdout)


def read_table():
    """[(name, [fault@node], {mode: rows})], "-" for no fault."""
    cases = []
    for line in TABLE.read_text(encoding="utf-8").split("\n"):
        if not line or line.startswith("#"):
            continue
        fault, node, rows = (line.split("\t") + ["-"])[:3]
        name = fault if node == "-" else f"{fault}@{node}"
        expected = {"n": set(), "t": set()}
        for row in rows.split(","):
            if row == "-":
                continue
            for mode in row[0] if row[1:2] == ":" else "nt":
                expected[mode].add(row[2:] if row[1:2] == ":" else row)
        cases.append((name, [] if fault == "-" else [name], expected))
    return cases


def run_case(case):
    nodes = lab.nodes_of(lab.SAMPLE)
    code, out, err = lab.enclosed(__file__, ["--inside", *case[1]], nodes)
    if code:
        return None, f"exit {code}: {err.strip() or out.strip()}"
    return json.loads(out), err.strip()


def differences(result, expected):
    for mode, how in (("n", "without a file"), ("t", "with a file")):
        got = set(result[mode])
        for row in sorted(expected[mode] - got):
            yield f"{how}: expected {row}"
        for row in sorted(got - expected[mode]):
            yield f"{how}: unexpected {row}"


def show(case, result, why):
    if not result:
        print(f"{case[0]}\t{why}")
        return
    both = set(result["n"]) & set(result["t"])
    rows = sorted(both) + [f"{mode}:{row}" for mode in "nt"
                           for row in sorted(set(result[mode]) - both)]
    fault, _, node = case[0].partition("@")
    print(f"{fault}\t{node or '-'}\t{','.join(rows) or '-'}")
    for mode in "nt":
        print(f"#\t{mode}: exit {result[mode + '-exit']}, findings "
              f"{' '.join(result[mode + '-findings'])}")


def main(arguments):
    if arguments[:1] == ["--inside"]:
        inside(arguments[1:])
        return
    lab.need_namespaces()
    showing = arguments[:1] == ["--show"]
    chosen = arguments[1:] if showing else arguments
    cases = read_table()
    known = {name.partition("@")[0] for name, _, _ in cases}
    if showing:
        cases += [(name, [name], None) for name in chosen
                  if name.partition("@")[0] not in known]
    if chosen:
        cases = [case for case in cases if case[0] in chosen
                 or case[0].partition("@")[0] in chosen]
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for case, (result, why) in zip(cases, pool.map(run_case, cases)):
            if showing:
                show(case, result, why)
            elif not result:
                tally.check(f"fault {case[0]}", why.split("\n"))
            else:
                tally.check(f"fault {case[0]}",
                            differences(result, case[2]))
    if not showing:
        if not chosen:
            tally.check("every_fault_is_in_the_table", missing_faults(known))
        tally.finish()


def missing_faults(known):
    done = subprocess.run([str(lab.BUILD / "edgesim"), "--list-faults"],
                          stdout=subprocess.PIPE, text=True, check=False)
    faults = {line.split()[0] for line in done.stdout.split("\n")
              if line.split()}
    yield from (f"{fault} has no row" for fault in sorted(faults - known))
    if not faults:
        yield "edgesim lists no faults"


if __name__ == "__main__":
    main(sys.argv[1:])
