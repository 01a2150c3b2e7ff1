#!/usr/bin/env python3
"""again_lab.py - saved runs: judged again, merged, compared.

That each fault's run says the same again is held by faults_lab.py.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

EXPIRED = "certificate-expired@edge2"
NAMES = ["sip.contoso.com"]


def states_of(document):
    return {(v["requirement"], v["node"], v["subject"], v["vantage"]):
            v["state"] for v in document["verdicts"]}


def look(here, topology, name, faults=(), *arguments):
    """Saves the run of a deployment with faults; gives path and document."""
    here.start_edge(topology, faults)
    path = here.files / (name + ".json")
    document = here.document(
        *NAMES, "--resolver", lab.RESOLVER, "--ca-file", here.roots,
        "--timeout", "2", *arguments)
    path.write_text(json.dumps(document), encoding="utf-8")
    here.stop("edgesim")
    return path, document


def bad_files(here, good):
    """Text of a file, and what is said of it."""
    document = json.loads(good.read_text(encoding="utf-8"))
    yield "", "line 1: "
    yield "[]", "its schema is '', and not edgeprobe/1"
    yield json.dumps({**document, "schema": "edgeprobe/2"}), \
        "its schema is 'edgeprobe/2', and not edgeprobe/1"
    yield json.dumps({**document, "given": None}), \
        "it does not say what the run was told"
    yield json.dumps({**document, "started": "yesterday"}), \
        "it does not say when the run began"
    yield "[" * 100000, "line 1: maximum parsing depth reached"


def bad_file_problems(here, good):
    path = here.files / "bad.json"
    for text, said in bad_files(here, good):
        path.write_text(text, encoding="utf-8")
        code, out, err = here.probe("judge", path)
        start = f"edgeprobe: {path}: "
        if code != 3 or out or not err.startswith(start) or \
                said not in err or err.count("\n") != 1:
            yield f"{text[:40]}: {code} {out[:80]} {err}"


def diff_problems(here, one, other, code, rows):
    got, out, err = here.probe("diff", one, other)
    if got != code or err:
        yield f"exit {got}, not {code}: {err}"
    for row in rows:
        if row not in " ".join(out.split()):
            yield f"no {row} in {out[:400]}"


def differences(got, wanted):
    for key in sorted(set(got) | set(wanted)):
        if got.get(key) != wanted.get(key):
            yield f"{key} is {got.get(key)}, not {wanted.get(key)}"


def merged_problems(here, healthy, sick, parts):
    """The newest of what was looked at twice counts, in any order."""
    for order in ((healthy, sick), (sick, healthy)):
        merged = here.document("judge", *order)
        for problem in differences(states_of(merged), states_of(parts)):
            yield f"{order[0].name} first: {problem}"


def split_problems(here, path, document):
    """Two halves of one run are the whole."""
    halves = []
    for rest in (0, 1):
        half = here.files / f"half{rest}.json"
        half.write_text(json.dumps({
            **document, "observations": [
                seen for index, seen in enumerate(document["observations"])
                if index % 2 == rest]}), encoding="utf-8")
        halves.append(half)
    merged = here.document("judge", *halves)
    whole = here.document("judge", path)
    yield from differences(states_of(merged), states_of(whole))


def vantage_problems(here, path, document):
    """What another place saw stands beside what this one did."""
    inside = here.files / "inside.json"
    moved = [{**seen, "vantage": "inside", "run": "feedbeef"}
             for seen in document["observations"]]
    inside.write_text(json.dumps({**document, "vantage": "inside",
                                  "observations": moved}), encoding="utf-8")
    alone = states_of(here.document("judge", path))
    merged = states_of(here.document("judge", path, inside))
    for key, state in alone.items():
        if state != "unobserved" and key in merged and merged[key] != state:
            yield f"{key} is {merged[key]}, not {state}"
        if state != "unobserved" and state != "n/a" and key not in merged:
            yield f"{key} is gone"


def missing_problems(here, topology):
    """The ticket for what a run found blocked asks for that alone."""
    path, _ = look(here, topology, "mute", ["mute-av-udp@edge2"], "-t",
                   str(topology))
    done = subprocess.run(
        [str(lab.BUILD / "edgeplan"), "firewall", "-t", str(topology),
         "--missing", str(path), "-o", "json"], check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    flows = [passage["flow"] for passage in
             json.loads(done.stdout)["passages"]]
    if flows != ["ext.av.stun-msturn.udp3478.in"] or done.stderr:
        yield f"{flows} {done.stderr}"


def inside():
    here = lab.Lab()
    tally = Tally()
    topology = here.topology()
    here.start_dns(topology)
    healthy, _ = look(here, topology, "healthy")
    sick, document = look(here, topology, "sick", [EXPIRED])
    with_file, _ = look(here, topology, "file", (), "-t", str(topology))

    tally.check("refuses_what_is_no_saved_run", bad_file_problems(here, sick))
    code, _, err = here.probe("judge", with_file)
    tally.same("asks_for_the_topology_file_again", (code, err), (
        3, f"edgeprobe: {with_file}: made with -t {topology}: give it again\n"
        .replace(f"{with_file}: made", f"{with_file} was made")))
    code, _, _ = here.probe("judge", with_file, "-t", topology)
    tally.same("judges_with_the_topology_file", code, 0)
    tally.check("finds_no_change_in_one_run",
                diff_problems(here, sick, sick, 0, ["no row changed"]))
    tally.check("names_what_got_worse", diff_problems(
        here, healthy, sick, 2,
        ["ok -> WRONG cert.ext.ca.public at 192.0.2.11, sip.contoso.com: the "
         "certificate expired"]))
    tally.check("names_what_got_better", diff_problems(
        here, sick, healthy, 1,
        ["WRONG -> ok cert.ext.ca.public at 192.0.2.11, sip.contoso.com"]))
    tally.check("takes_the_newest_of_two_runs",
                merged_problems(here, healthy, sick, document))
    tally.check("makes_two_halves_one", split_problems(here, sick, document))
    tally.check("keeps_vantage_points_apart",
                vantage_problems(here, sick, document))
    tally.check("plans_what_a_run_found_blocked",
                missing_problems(here, topology))
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
