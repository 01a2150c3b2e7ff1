#!/usr/bin/env python3
"""demo_lab.py - the demo ends well, and leaves nothing behind.

Runs tests/lab/demo.sh as it is, as somebody without rights, on loopback where
no namespace can be had, and interrupted. Afterwards no process of it runs and
no file of it is left.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

NOBODY = 65534
DEMO = "tests/lab/demo.sh"
LIMIT_S = 60


class Copy:
    """What the demo needs, copied to where anybody may read and write, and
    named so that its processes can be told from all others."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="demo-lab-"))
        self.root.chmod(0o777)
        for name in ("man/examples", "tests/lab"):
            shutil.copytree(lab.ROOT / name, self.root / name)
        self.build = self.root / "build"
        self.build.mkdir()
        self.build.chmod(0o777)
        (self.build / "lab").mkdir()  # part of the build, and stays empty
        for name in ("edgeprobe", "edgesim", "enclose"):
            shutil.copy(lab.BUILD / name, self.build / name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def files(self):
        return {path for path in self.root.rglob("*")}

    def start(self, mode=(), user=None):
        return subprocess.Popen(
            ["sh", DEMO, str(self.build), *mode], cwd=self.root,
            env={**lab.ENVIRONMENT, "TMPDIR": str(self.root)}, user=user,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True)

    def processes(self):
        """Command lines of what still runs from this copy."""
        mark = str(self.root).encode()
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    line = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if mark in line:
                    yield line.replace(b"\0", b" ").decode(errors="replace")

    def remains(self, before):
        deadline = time.monotonic() + 3
        while list(self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield from (f"still runs: {line}" for line in self.processes())
        yield from (f"still there: {path}"
                    for path in sorted(self.files() - before))


def demo(mode=(), user=None, expected=(0, 1)):
    """Problems of a demo that runs to its end."""
    with Copy() as copy:
        before = copy.files()
        process = copy.start(mode, user)
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += "out of time"
        if process.returncode not in expected:
            yield f"exit code {process.returncode}"
            yield from (out + err).strip().split("\n")
        if "sip.contoso.com" not in out:
            yield "prints no report"
        yield from copy.remains(before)


def interrupted(signal_number, after_s, mode=()):
    """Problems of a demo that is stopped early, as by Ctrl-C."""
    with Copy() as copy:
        before = copy.files()
        process = copy.start(mode)
        time.sleep(after_s)
        os.killpg(process.pid, signal_number)
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            yield "does not stop"
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        if process.returncode == 0:
            yield "ended before it was interrupted"
        yield from copy.remains(before)


def main():
    tally = Tally()
    tally.check("demo_ends_well_and_leaves_nothing", demo())
    if os.geteuid() == 0:
        tally.check("demo_needs_no_root", demo(user=NOBODY))
    if lab.has_namespaces():
        tally.check("demo_runs_on_loopback_alone", demo(mode=["loopback"]))
    for after_s in (0.05, 0.3, 0.6):
        tally.check(f"nothing_stays_after_ctrl_c_at_{after_s}_s",
                    interrupted(signal.SIGINT, after_s))
    tally.check("nothing_stays_after_ctrl_c_on_loopback",
                interrupted(signal.SIGINT, 0.3, ["loopback"]))
    tally.check("nothing_stays_after_sigterm",
                interrupted(signal.SIGTERM, 0.3))
    if lab.has_namespaces():
        tally.check("nothing_stays_after_sigkill",
                    interrupted(signal.SIGKILL, 0.3))
    tally.finish()


if __name__ == "__main__":
    main()
