#!/usr/bin/env python3
"""source.py - format, line length and words of the sources.

clang-format agrees with every C file, clang compiles each without a warning,
no line is longer than 80 columns (tables of requirements keep their own
layout), and calls that know no bounds stand nowhere.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tally import Tally  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
TOP = ("common", "probes", "tui", "tools", "tests", "man")
COLUMNS = 80
UNBOUNDED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|gets)\s*\(")
UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
WARNINGS = """-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
 -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2""".split()


def files(*endings):
    found = []
    for top in TOP:
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_file() and path.name.endswith(endings):
                found.append(path.relative_to(ROOT).as_posix())
    return found


def lines_of(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return enumerate(text.split("\n"), 1)


def long_lines():
    written = files(".c", ".h", ".py", ".sh", ".awk", ".conf", ".1", ".5",
                    ".7") + ["Makefile", ".ci/run"]
    for name in written:
        for number, line in lines_of(name):
            width = len(line.expandtabs(8))
            if width > COLUMNS:
                yield f"{name}:{number}: {width} columns"


def matches(pattern, *endings):
    for name in files(*endings):
        for number, line in lines_of(name):
            if pattern.search(line):
                yield f"{name}:{number}: {line.strip()}"


def run(command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout if done.returncode or done.stdout else ""


def first_lines(output):
    return output.strip().split("\n")[:8] if output else []


def badly_formatted():
    for name in files(".c", ".h"):
        if run(["clang-format", "--dry-run", "-Werror", name]):
            yield f"{name}: run make format"


def package_flags():
    makefile = ROOT / BUILD / "packages.mk"
    if not makefile.exists():
        return []
    flags = re.findall(r"_CFLAGS := (.*)", makefile.read_text())
    return " ".join(flags).split()


def clang_warnings():
    flags = ["-std=c11", "-D_GNU_SOURCE", "-I.", "-I" + BUILD,
             '-DEDGEPROBE_VERSION="0"', *WARNINGS, *package_flags()]
    commands = [["clang", "-Werror", "-fsyntax-only", *flags, name]
                for name in files(".c")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for output in pool.map(run, commands):
            yield from first_lines(output)


def main():
    tally = Tally()
    tally.check("lines_fit_in_80_columns", long_lines())
    tally.check("calls_know_their_bounds", matches(UNBOUNDED, ".c", ".h"))
    tally.check("nothing_is_left_undone",
                matches(UNDONE, ".c", ".h", ".py", ".sh", ".awk"))
    tally.check("clang_format_agrees", badly_formatted())
    tally.check("clang_has_no_warning", clang_warnings())
    tally.finish()


if __name__ == "__main__":
    main()
