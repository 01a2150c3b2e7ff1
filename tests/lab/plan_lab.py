#!/usr/bin/env python3
"""plan_lab.py - edgeplan at the command line: its sheets, and bad input."""

import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent)]
from tally import Tally  # noqa: E402

EDGEPLAN = ROOT / os.environ.get("BUILD", "build") / "edgeplan"
SAMPLE = "man/examples/scaled-dnslb-nat.conf"
BROKEN = "tests/common/plan/lint/two-gateways.bad"
PUBLISHED = 472

BAD = [
    ("", "which plan? One of "),
    ("lnt", "'lnt' is none of "),
    ("lint", "lint: for which deployment? Give -t FILE"),
    (f"lint requirements -t {SAMPLE}",
     "one verb at a time: 'requirements' is one too many"),
    (f"lint -t {SAMPLE} -o html",
     "-o: lint has no format 'html': expected one of text, json, sarif"),
    (f"lint -t {SAMPLE} -o json:",
     "-o: a file name is missing after 'json:'"),
    ("lint -t /nonexistent.conf",
     "/nonexistent.conf: No such file or directory"),
]


def plan(*arguments):
    return subprocess.run([str(EDGEPLAN), *arguments], cwd=ROOT, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", timeout=60)


def bad_input_problems():
    for line, said in BAD:
        done = plan(*line.split())
        if done.returncode != 3 or done.stdout or \
                not done.stderr.startswith("edgeplan: " + said) or \
                done.stderr.count("\n") != 1:
            yield f"edgeplan {line}: {done.returncode} {done.stderr!r}"


def lint_problems():
    done = plan("lint", "-t", BROKEN)
    if done.returncode != 2 or done.stdout != (
            f"{BROKEN}:15: error: edge1 has a default gateway on its internal"
            " adapter: give it routes instead [route.no-gateway-internal]\n"):
        yield f"{done.returncode}: {done.stdout}"
    done = plan("lint", "-t", SAMPLE)
    if done.returncode != 0:
        yield f"{SAMPLE}: {done.stdout}"


def lint_json_problems():
    document = json.loads(plan("lint", "-t", BROKEN, "-o", "json").stdout)
    remark = document["remarks"][0]
    if (remark["requirement"], remark["severity"], remark["line"]) != \
            ("route.no-gateway-internal", "must", 15) or \
            document["exit"] != 2:
        yield f"{document}"


def sarif_problems():
    run = json.loads(
        plan("lint", "-t", BROKEN, "-o", "sarif").stdout)["runs"][0]
    result = run["results"][0]
    place = result["locations"][0]["physicalLocation"]
    if result["ruleId"] != run["tool"]["driver"]["rules"][0]["id"] or \
            result["level"] != "error" or \
            place["region"]["startLine"] != 15 or \
            place["artifactLocation"]["uri"] != BROKEN:
        yield f"{run}"


def requirement_rows(*arguments):
    return json.loads(plan("requirements", "-o", "json",
                           *arguments).stdout)["requirements"]


def requirement_problems():
    rows = requirement_rows("-t", SAMPLE)
    published = [row for row in rows if row["table"] != "services"]
    if len(published) != PUBLISHED:
        yield f"{len(published)} published rows"
    for row in rows:
        if row["state"] == "n/a" and not row["because"]:
            yield f"{row['id']}: n/a without a reason"
    states = {row["id"]: row["state"] for row in rows}
    for name, state in [("s000.ext.access.sip-tls.tcp443.in", "applies"),
                        ("s002.vip-ext.access.sip-tls.tcp443.in", "n/a"),
                        ("um.failover-exchange2013", "n/a"),
                        ("plan.areas", "reference")]:
        if states.get(name) != state:
            yield f"{name} is {states.get(name)}, not {state}"


def port_problems():
    rows = requirement_rows("-t", "man/examples/single-address.conf")
    ports = {row["id"]: row["port"] for row in rows}
    for name, port in [("s000.ext.access.sip-tls.tcp443.in", "TCP 5061"),
                       ("s000.ext.webconf.psom-tls.tcp443.in", "TCP 444"),
                       ("s000.ext.av.stun-msturn.tcp443.in", "TCP 443")]:
        if ports.get(name) != port:
            yield f"{name} is {ports.get(name)}, not {port}"


SAMPLES = sorted(ROOT.glob("man/examples/*.conf"))


def zones_of(sample):
    records = json.loads(plan("dns", "-t", str(sample), "-o",
                              "json").stdout)["records"]
    return sorted({record["zone"] for record in records})


def zone_problems(here):
    """A real name server's own check takes every zone."""
    for sample in SAMPLES:
        for zone in zones_of(sample):
            path = here / "zone"
            done = plan("dns", "-t", str(sample), "--part", zone, "-o",
                        f"zone:{path}")
            if done.returncode or done.stderr:
                yield f"{sample.name}: {done.returncode} {done.stderr}"
                continue
            check = subprocess.run(["nsd-checkzone", zone, str(path)],
                                   check=False, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
            if check.returncode:
                yield f"{sample.name}: {zone}: {check.stdout}"


def names_of_request(text):
    found = re.search(r"Subject Alternative Name: *\n *(.*)", text)
    return re.findall(r"DNS:([^,\s]+)", found.group(1)) if found else []


def request_problems(here):
    """openssl makes the very request that the plan speaks of."""
    for sample in SAMPLES:
        wanted = json.loads(plan("certificates", "-t", str(sample), "-o",
                                 "json").stdout)["certificates"]
        for one in wanted:
            config, csr = here / "req.cnf", here / "csr"
            plan("certificates", "-t", str(sample), "--part", one["part"],
                 "-o", f"openssl:{config}")
            done = subprocess.run(
                ["openssl", "req", "-new", "-config", str(config), "-newkey",
                 "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", str(here / "key"), "-out", str(csr)],
                check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True)
            if done.returncode:
                yield f"{sample.name}: {one['part']}: {done.stdout}"
                continue
            text = subprocess.run(
                ["openssl", "req", "-in", str(csr), "-noout", "-text"],
                check=True, stdout=subprocess.PIPE, text=True).stdout
            subject = re.search(r"Subject: CN = (\S+)", text).group(1)
            if (subject, names_of_request(text)) != \
                    (one["subject"], one["names"]):
                yield f"{sample.name}: {one['part']}: {text}"


def ruleset_problems(here):
    """The packet filter of the kernel takes every ruleset."""
    lab = here / "lab"
    lab.mkdir()
    for sample in SAMPLES:
        for strict in ([], ["--strict"]):
            path = here / "rules"
            plan("firewall", "-t", str(sample), "-o", f"nftables:{path}",
                 *strict)
            done = subprocess.run(
                [str(EDGEPLAN.parent / "enclose"), "--dir", str(lab), "--",
                 "nft", "-c", "-f", str(path)], check=False, cwd=ROOT,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode:
                yield f"{sample.name}: {done.returncode} {done.stdout}"


def csv_problems():
    """As many lines as passages, and cells that a reader of CSV takes."""
    for sample in SAMPLES:
        text = plan("firewall", "-t", str(sample), "-o", "csv").stdout
        rows = list(csv.DictReader(text.splitlines()))
        passages = json.loads(plan("firewall", "-t", str(sample), "-o",
                                   "json").stdout)["passages"]
        if [row["ids"].split() for row in rows] != \
                [passage["ids"] for passage in passages] or not rows:
            yield f"{sample.name}: {len(rows)} rows, {len(passages)} passages"


def main():
    tally = Tally()
    tally.check("refuses_bad_input_with_one_line", bad_input_problems())
    tally.check("lint_names_line_and_rule", lint_problems())
    tally.check("lint_speaks_json", lint_json_problems())
    tally.check("lint_speaks_sarif", sarif_problems())
    tally.check("says_of_each_published_row_whether_it_applies",
                requirement_problems())
    tally.check("takes_ports_from_the_topology", port_problems())
    tally.check("csv_has_a_row_for_each_passage", csv_problems())
    with tempfile.TemporaryDirectory() as name:
        tally.check("a_name_server_takes_every_zone",
                    zone_problems(pathlib.Path(name)))
        tally.check("the_kernel_takes_every_ruleset",
                    ruleset_problems(pathlib.Path(name)))
        tally.check("openssl_makes_every_request",
                    request_problems(pathlib.Path(name)))
    tally.finish()


if __name__ == "__main__":
    main()
