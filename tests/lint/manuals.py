#!/usr/bin/env python3
"""manuals.py - holds the manuals to mandoc's rules and to the programs.

Options of --help and of the manual are the same; keys of the topology file,
findings and faults are all described; pages refer to pages that exist.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tally import Tally  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
MAN = ROOT / "man"
HELP_OPTION = re.compile(r"^ {2,6}(-[^- ,=[]|--[a-z][a-z-]*)(?:\[?=\S+)?"
                         r"(?:, (--[a-z][a-z-]*))?")
MAN_OPTION = re.compile(r"\bFl (-?[A-Za-z0-9?][a-z-]*)")
READER_KEY = re.compile(r'^\t\{"([a-z-]+)", take_', re.M)
SECTION = re.compile(r'^\t\{"([a-z]+)", &\w+_keys', re.M)


def output_of(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def pages():
    return sorted(MAN.glob("*.[1-9]"))


def text_of(page):
    path = MAN / page
    return path.read_text(encoding="utf-8") if path.exists() else ""


def lint_problems():
    for page in pages():
        text = output_of("mandoc", "-Tlint", "-Wwarning", str(page))
        yield from text.strip().split("\n") if text else []


def wrong_references():
    names = {page.name for page in pages()}
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for name, section in re.findall(r"^\.Xr (edge\S+) (\d)", text, re.M):
            if f"{name}.{section}" not in names:
                yield f"{page.name}: there is no {name}({section})"


def help_options(tool):
    options = set()
    for line in output_of(str(BUILD / tool), "--help").split("\n"):
        found = HELP_OPTION.match(line)
        if found:
            options.update(o for o in found.groups() if o)
    return options


def manual_options(page):
    options = set()
    for line in page.read_text(encoding="utf-8").split("\n"):
        if line.startswith(".It Fl"):
            options.update("-" + word for word in
                           MAN_OPTION.findall(line.replace("\\&", "")))
    return options


def option_problems(helped, described):
    for option in sorted(helped - described):
        yield f"the manual lacks {option}"
    for option in sorted(described - helped):
        yield f"--help lacks {option}"


def synopsis_verbs(page):
    """The words that a synopsis asks for as they stand."""
    synopsis = page.read_text(encoding="utf-8").split(".Sh SYNOPSIS")[1]
    return re.findall(r"^\.Cm (\w+)$", synopsis.split(".Sh ")[0], re.M)


def help_problems(text, verbs):
    for line in re.findall(r"^  .*\n([a-z].*)$", text, re.M):
        yield f"a sentence falls out of its column: {line}"
    for verb in verbs:
        if not re.search(rf"\b{verb}\b", text):
            yield f"--help lacks {verb}"


def missing_words(words, page):
    text = text_of(page)
    for word in words:
        if not re.search(r"(?<![\w.-])" + re.escape(word) + r"(?![\w-])",
                         text):
            yield f"{page} does not describe {word}"


def topology_words():
    text = "".join(path.read_text(encoding="utf-8") for path in
                   sorted((ROOT / "common/model").glob("topology_*.c")))
    return READER_KEY.findall(text) + SECTION.findall(text)


def probe_sentence():
    """What edgeprobe(1) says the probes are: only there they must stand."""
    text = (ROOT / "man" / "edgeprobe.1").read_text(encoding="utf-8")
    return text.split("Probes are", 1)[1].split("areas are", 1)[0]


def listed(tool, option):
    """{id: summary} of a --list option: the first word, and the rest."""
    lines = output_of(str(BUILD / tool), option).split("\n")
    return {line.split()[0]: " ".join(line.split()[1:])
            for line in lines if line.split()}


def described_findings():
    text = text_of("edgeprobe-findings.7")
    return re.findall(r"^\.It Sy (\S+)", text, re.M)


def finding_problems():
    known, described = listed("edgeprobe", "--list-findings"), \
        described_findings()
    for name in sorted(set(known) - set(described)):
        yield f"edgeprobe-findings.7 lacks {name}"
    for name in sorted(set(described) - set(known)):
        yield f"edgeprobe --list-findings lacks {name}"
    text = " ".join(text_of("edgeprobe-findings.7").split()).lower()
    for name, title in known.items():
        if f".it sy {name} {title}.".lower() not in text:
            yield f"edgeprobe-findings.7: {name} is not \"{title}.\""
    if not known:
        yield "edgeprobe lists no findings"


FAILURES = [f"EF-{number:02}" for number in range(1, 46)]


def failure_problems():
    """Each field failure stands with the very findings that show it."""
    shown = {name: [] for name in FAILURES}
    table = (ROOT / "common/tables/findings.tsv").read_text(encoding="utf-8")
    for line in table.splitlines()[1:]:
        finding, failures, *_ = line.split("\t")
        for name in failures.split(",") if failures != "-" else []:
            shown.setdefault(name, []).append(finding)
    text = text_of("edgeprobe-findings.7")
    for name, findings in shown.items():
        entry = re.search(rf"^\.It Cm {name}\n(.*?)^\.(?:It|El)", text,
                          re.M | re.S)
        said = entry.group(1) if entry else ""
        named = re.findall(r"^\.Sy (.*)$", said, re.M)
        listed_here = [word for line in named for word in line.split(" , ")]
        if sorted(listed_here) != sorted(findings):
            yield f"{name} shows in {findings}, the manual has {listed_here}"
        if not findings and "Not seen from outside: " not in said:
            yield f"{name}: neither a finding nor why there is none"


def main():
    tally = Tally()
    tally.check("mandoc_has_no_warning", lint_problems())
    tally.check("references_lead_to_pages", wrong_references())
    for source in sorted((ROOT / "tools").glob("*.c")):
        tool, page = source.stem, MAN / (source.stem + ".1")
        problems = [f"there is no {page.name}"]
        if page.exists():
            problems = option_problems(help_options(tool),
                                       manual_options(page))
            problems = list(problems) + list(help_problems(
                output_of(str(BUILD / tool), "--help"),
                synopsis_verbs(page)))
        tally.check(f"{tool}_help_and_manual_agree", problems)
    tally.check("notices_options_that_differ",
                [] if list(option_problems({"--a", "--b"}, {"--b", "--c"}))
                == ["the manual lacks --a", "--help lacks --c"]
                else ["it does not"])
    tally.same("notices_help_without_a_verb", list(help_problems(
        "Usage: tool TARGET\n  or:  tool judge\nnot\n", ["judge", "diff"])),
        ["a sentence falls out of its column: not", "--help lacks diff"])
    tally.check("samples_are_named", missing_words(
        [p.name for p in sorted((MAN / "examples").glob("*.conf"))],
        "edgeprobe-topology.5"))
    tally.check("topology_keys_are_described",
                missing_words(topology_words(), "edgeprobe-topology.5"))
    tally.check("findings_and_manual_agree", finding_problems())
    tally.check("field_failures_and_manual_agree", failure_problems())
    named = set(re.findall(r"[a-z][a-z-]+", probe_sentence())) - {"and"}
    tally.check("probes_are_described",
                [f"edgeprobe.1 and --list-probes differ in {name}" for name in
                 sorted(named ^ set(listed("edgeprobe", "--list-probes")))])
    tally.check("faults_are_described",
                missing_words(listed("edgesim", "--list-faults"),
                              "edgesim.1"))
    tally.finish()


if __name__ == "__main__":
    main()
