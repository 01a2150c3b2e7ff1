#!/usr/bin/env python3
"""tables.py - the build of the tables refuses what is not right.

Each case changes one table in one place; tables.awk, or findings.awk for the
findings, must then end with an error that names file and line.
"""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tally import Tally  # noqa: E402

TABLES = ROOT / "common/tables"

# What is true, the table, the text to replace, by what, and the complaint.
CASES = [
    ("refuses_an_id_that_stands_twice", "rules.tsv",
     "\ntopo.ip-model\t", "\nplan.areas\t",
     "rules.tsv:4: id plan.areas stands in "),
    ("refuses_an_id_of_another_table", "rules.tsv",
     "\nplan.areas\t", "\ncert.ext.sn\t",
     "rules.tsv:2: id cert.ext.sn stands in "),
    ("refuses_a_row_with_too_few_columns", "certificates.tsv",
     "\ncert.ext.sn\t000\t", "\ncert.ext.sn\t",
     "certificates.tsv:18: row has 13 columns, the header 14"),
    ("refuses_a_header_it_does_not_know", "dns.tsv",
     "\trecord\t", "\tlogical\t",
     "dns.tsv:1: column 2 is 'logical', not 'record'"),
    ("refuses_an_unknown_topology", "rules.tsv",
     "\tscaled-hlb\t", "\tscaled-glb\t", "unknown topology 'scaled-glb'"),
    ("refuses_an_unknown_version", "certificates.tsv",
     "sfb2015,sfb2019", "sfb2015,sfb2016",
     "certificates.tsv:2: unknown version 'sfb2016'"),
    ("refuses_an_unknown_severity", "certificates.tsv",
     "\tmust\t", "\tought\t", "unknown severity 'ought'"),
    ("refuses_an_unknown_condition", "rules.tsv",
     ",ha+pic\t", ",ha+pix\t", "unknown condition 'pix'"),
    ("refuses_an_unknown_role", "firewall.tsv",
     "\txmpp-proxy\t", "\txmpp-prox\t", "unknown address role 'xmpp-prox'"),
    ("refuses_a_character_outside_ascii", "rules.tsv",
     "planning outside", "pl\u00e4nning outside", "rules.tsv:2: "),
    ("refuses_an_unknown_way_to_settle", "judging.tsv",
     "\treference\t", "\trefrence\t", "unknown settle 'refrence'"),
    ("refuses_an_unknown_listener", "judging.tsv",
     "\twebconf\t-", "\twebcon\t-", "unknown listener 'webcon'"),
    ("refuses_an_unknown_subject", "judging.tsv",
     "\tsip-domain\t", "\tdomain\t", "unknown subject 'domain'"),
    ("refuses_a_predicate_for_what_is_manual", "judging.tsv",
     "\nhlb.no-nagle\tmanual\t-\t-", "\nhlb.no-nagle\tmanual\tdns\ta-av",
     "manual takes no predicate"),
    ("refuses_a_probe_without_a_predicate", "judging.tsv",
     "\tdns\txmpp-leftover\t", "\tdns\t-\t",
     "probe and predicate go together"),
    ("refuses_a_judging_row_that_judges_nothing", "judging.tsv",
     "\nver.*\t", "\nversion.*\t", "key version.* judges no requirement"),
    ("refuses_a_requirement_without_a_judging_row", "judging.tsv",
     "\nver.*\t", "\nver.like*\t",
     "ver.lync2010-derived is not in judging.tsv"),
    ("refuses_a_ground_that_is_no_row", "judging.tsv",
     "\tsrv.sip-tls\t-\toutside\taccess", "\tsrv.sip\t-\toutside\taccess",
     "needs srv.sip, no id or flow"),
    ("refuses_a_finding_that_stands_twice", "findings.tsv",
     "\ndns.srv-port\t", "\nnode.dead\t",
     "id node.dead stands in line "),
    ("refuses_a_finding_with_too_few_columns", "findings.tsv",
     "\ndns.srv-port\t-\t", "\ndns.srv-port\t", "row has 6 columns, not 7"),
    ("refuses_a_finding_without_a_title", "findings.tsv",
     "\ndns.srv-port\t-\tan SRV record names an unusual port\t",
     "\ndns.srv-port\t-\t-\t", "no title"),
    ("refuses_a_field_failure_without_number", "findings.tsv",
     "\tEF-01\t", "\tEF-1\t", "'EF-1' is no list of field failures"),
    ("refuses_a_key_that_stands_twice", "judging.tsv",
     "\nver.*\t", "\nmedia.*\t", "key media.* stands in line "),
]


def build(folder, table=""):
    """Runs the table's build step as the Makefile does; gives the process."""
    findings = ["findings.tsv"]
    names = findings if table in findings else sorted(
        {path.name for path in folder.glob("*.tsv")} - set(findings))
    script = "findings.awk" if table in findings else "tables.awk"
    return subprocess.run(
        ["awk", "-f", str(TABLES / script), *names], cwd=folder,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        errors="replace")


def copy_tables(folder, change=None):
    for path in TABLES.glob("*.tsv"):
        text = path.read_text(encoding="utf-8")
        if change and change[0] == path.name:
            if change[1] not in text:
                raise SystemExit(f"{path.name} has no {change[1]!r}")
            text = text.replace(change[1], change[2], 1)
        (folder / path.name).write_text(text, encoding="utf-8")


def problems_of(change, complaint):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy_tables(folder, change)
        result = build(folder, change[0])
    if result.returncode == 0:
        yield "the build takes it"
    if complaint and complaint not in result.stderr:
        yield "it says: " + result.stderr.strip()
    head = result.stderr.split(": ")[0].rpartition(":")
    if not head[0].endswith(".tsv") or not head[2].isdigit():
        yield "no file and line: " + result.stderr.strip()


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy_tables(folder)
        result = build(folder)
    tally.check("takes_the_tables_as_they_are",
                [result.stderr] if result.returncode else [])
    for name, table, old, new, complaint in CASES:
        tally.check(name, problems_of((table, old, new), complaint))
    tally.finish()


if __name__ == "__main__":
    main()
