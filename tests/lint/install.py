#!/usr/bin/env python3
"""install.py - what make install puts there, make uninstall takes away."""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tally import Tally  # noqa: E402

BUILD = os.environ.get("BUILD", "build")


def make(goal, directory):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "-s", goal, f"DESTDIR={directory}", "PREFIX=/usr",
         f"BUILD={BUILD}"], cwd=ROOT, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return [f"make {goal}: {done.stdout}"] if done.returncode else []


def files(directory):
    return {path.relative_to(directory).as_posix()
            for path in pathlib.Path(directory).rglob("*") if path.is_file()}


def wanted():
    """Tools, manuals and samples, from the tree as it is."""
    for tool in (ROOT / "tools").glob("*.c"):
        yield f"usr/bin/{tool.stem}"
    for page in (ROOT / "man").glob("*.[1-9]"):
        yield f"usr/share/man/man{page.suffix[1:]}/{page.name}"
    for sample in (ROOT / "man/examples").glob("*.conf"):
        yield f"usr/share/doc/edgeprobe/examples/{sample.name}"


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as directory:
        problems = make("install", directory)
        tally.check("installs", problems)
        tally.same("installs_tools_manuals_and_samples",
                   sorted(files(directory)), sorted(wanted()))
        tally.check("tools_can_be_run", [
            name for name in files(directory) if "/bin/" in name and
            not os.access(os.path.join(directory, name), os.X_OK)])
        tally.check("uninstalls", make("uninstall", directory))
        tally.same("leaves_no_file_behind", sorted(files(directory)), [])
    tally.finish()


if __name__ == "__main__":
    main()
