#!/usr/bin/env python3
"""faults_lab.py - each fault turns exactly the rows it should.

faults.tsv names a fault of edgesim, or several with commas between, which come
together; its node, the needed rows that then are not verified, as
ROW@NODE=STATE (ROW is a flow or an id), and the findings.
Every case runs in a network of its own, without a topology file and with one;
addresses count as the node they belong to. "t:" before a row or finding: only
with a file; "n:": only without. A fifth column names another sample: that of
XMPP, or the one whose inside is served as well, which nobody sees outside; "-"
for the fault is the healthy one.

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

SAMPLES = {"": lab.SAMPLE, "xmpp": lab.XMPP_SAMPLE,
           "inside": lab.INNER_SAMPLE}
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


def options_of(sample):
    return ["--inside"] if sample == str(lab.INNER_SAMPLE) else []


def inside(sample, faults):
    """One case: prints {"n": rows, "t": rows, "findings": ids}."""
    here = lab.Lab()
    # Many at once: the sanitized one, which other labs run, would keep a
    # prober waiting that knows no mercy.
    here.edgesim = lab.BUILD / "edgesim"
    topology = here.topology(sample=pathlib.Path(sample))
    here.start_dns(topology)
    here.start_edge(topology, faults, options_of(sample))
    nodes = lab.nodes_of(topology)
    common = ["--resolver", lab.RESOLVER, "--ca-file", here.roots, *LIMITS]
    result = {}
    modes = (("n", ["sip.contoso.com"]), ("t", ["-t", topology]))
    for mode, arguments in modes:
        document = here.document(*arguments, *common)
        result[mode] = sorted(rows_of(document, nodes))
        result[mode + "-findings"] = sorted(
            {finding["id"] for finding in document["findings"]})
        again = here.judged_again(
            document, *(arguments if mode == "t" else []))
        result[mode + "-again"] = [
            part for part in ("verdicts", "findings", "answers", "exit")
            if again[part] != document[part]]
    here.alive("edgesim")
    json.dump(result, sys.stdout)


def read_cell(cell):
    """{mode: entries} of a cell with commas between its entries."""
    entries = {"n": set(), "t": set()}
    for entry in cell.split(","):
        only = entry[1:2] == ":"
        for mode in entry[0] if only else "nt":
            if entry != "-":
                entries[mode].add(entry[2:] if only else entry)
    return entries


def read_table():
    """[(name, [fault@node], rows, findings, sample)], "-" for no fault."""
    cases = []
    for line in TABLE.read_text(encoding="utf-8").split("\n"):
        if not line or line.startswith("#"):
            continue
        fault, node, rows, findings, *sample = line.split("\t")
        at = "" if node == "-" else f"@{node}"
        names = fault.split(",")
        name = names[0] + at
        faults = [] if fault == "-" else [one + at for one in names]
        if len(names) > 1:
            name += f" and {len(names) - 1} more"
        if sample:
            name += f" with {sample[0]}"
        cases.append((name, faults, read_cell(rows), read_cell(findings),
                      SAMPLES[sample[0] if sample else ""]))
    return cases


def run_case(case):
    nodes = lab.nodes_of(case[4])
    places = [*nodes, *inner_addresses(case[4])]
    code, out, err = lab.enclosed(
        __file__, ["--inside", str(case[4]), *case[1]], places)
    if code:
        return None, f"exit {code}: {err.strip() or out.strip()}"
    return json.loads(out), err.strip()


def inner_addresses(sample):
    if sample == lab.INNER_SAMPLE:
        for _, key, words in lab.topology_lines(sample):
            if key == "internal":
                yield from words


def sample_of(fault):
    if "int-" in fault:
        return lab.INNER_SAMPLE
    return lab.XMPP_SAMPLE if "xmpp" in fault else lab.SAMPLE


def differences(result, rows, findings):
    for mode, how in (("n", "without a file"), ("t", "with a file")):
        for what, got, expected in (
                ("row", set(result[mode]), rows[mode]),
                ("finding", set(result[mode + "-findings"]), findings[mode])):
            for entry in sorted(expected - got):
                yield f"{how}: expected {what} {entry}"
            for entry in sorted(got - expected):
                yield f"{how}: unexpected {what} {entry}"


def not_the_same_again(result):
    """A saved run judged again says what it said."""
    for mode, how in (("n", "without a file"), ("t", "with a file")):
        for part in result[mode + "-again"]:
            yield f"{how}: judged again, its {part} differ"


def cell_of(result, suffix):
    entries = {mode: set(result[mode + suffix]) for mode in "nt"}
    both = entries["n"] & entries["t"]
    return ",".join(sorted(both) + [
        f"{mode}:{entry}" for mode in "nt"
        for entry in sorted(entries[mode] - both)]) or "-"


def show(case, result, why):
    if not result:
        print(f"{case[0]}\t{why}")
        return
    fault, _, node = case[0].partition("@")
    print(fault, node or "-", cell_of(result, ""),
          cell_of(result, "-findings"), sep="\t")


def main(arguments):
    if arguments[:1] == ["--inside"]:
        inside(arguments[1], arguments[2:])
        return
    lab.need_namespaces()
    showing = arguments[:1] == ["--show"]
    chosen = arguments[1:] if showing else arguments
    cases = read_table()
    known = {one.partition("@")[0] for case in cases for one in case[1]}
    if showing:
        cases += [(name, [name], None, None, sample_of(name))
                  for name in chosen if name.partition("@")[0] not in known]
    if chosen:
        cases = [case for case in cases if case[0] in chosen or any(
            one.partition("@")[0] in chosen for one in case[1])]
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for case, (result, why) in zip(cases, pool.map(run_case, cases)):
            if showing:
                show(case, result, why)
            elif not result:
                tally.check(f"fault {case[0]}", why.split("\n"))
            else:
                tally.check(f"fault {case[0]}",
                            [*differences(result, case[2], case[3]),
                             *not_the_same_again(result)])
    if not showing:
        if not chosen:
            tally.check("every_fault_is_in_the_table", missing_faults(known))
        tally.finish()


def missing_faults(known):
    done = subprocess.run([str(lab.BUILD / "edgesim"), "--list-faults"],
                          stdout=subprocess.PIPE, text=True, check=False)
    # those of servers inside are roles_lab.py's
    faults = {line.split()[0] for line in done.stdout.split("\n")
              if line.split() and "with --role:" not in line}
    yield from (f"{fault} has no row" for fault in sorted(faults - known))
    if not faults:
        yield "edgesim lists no faults"


if __name__ == "__main__":
    main(sys.argv[1:])
