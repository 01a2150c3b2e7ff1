#!/usr/bin/env python3
"""bootstrap.py - tests/bootstrap.sh on a pretended bare Debian.

apt-get, pkg-config, id and sudo are stand-ins in a directory that is the
whole PATH; nothing is installed. The stand-in for apt-get notes whether
service start is refused while it works.
"""

import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tally import Tally  # noqa: E402

COMMANDS = "sh cat sort tr sed mkdir dirname cmp mv rm chmod ls sleep env true"
PACKAGES = "libc-ares-dev libcurl4-openssl-dev libevent-dev " \
           "libexpat1-dev libinih-dev " \
           "libjansson-dev libssl-dev libzip-dev pkg-config"
APT_LINE = "apt-get install --no-install-recommends " + PACKAGES
PKG_CONFIG = """#!/bin/sh
[ "$1" = --libs ] && echo "-lstand-in"
exit 0
"""
APT = """#!/bin/sh
echo "$@" >>"$HERE/apt.log"
[ -x "$HERE/policy-rc.d" ] && echo refused >>"$HERE/apt.log"
if [ -n "$APT_SLEEP" ]; then : >"$HERE/apt.began"; sleep "$APT_SLEEP"; fi
[ -n "$APT_FAILS" ] && exit 100
case $* in *install*) cp_pkg_config ;; esac
exit 0
"""


class Bare:
    """A machine with a compiler, make, and little else."""

    def __init__(self, root=True, sudo=False):
        self.here = pathlib.Path(tempfile.mkdtemp(prefix="bootstrap-"))
        self.bin = self.here / "bin"
        self.bin.mkdir()
        for name in COMMANDS.split():
            (self.bin / name).symlink_to(shutil.which(name))
        self.program("id", f"#!/bin/sh\necho {0 if root else 1000}\n")
        self.program("apt-get", APT)
        self.program("cp_pkg_config", "#!/bin/sh\nmv \"$HERE/pkg-config\" "
                     "\"$HERE/bin/pkg-config\"\n")
        (self.here / "pkg-config").write_text(PKG_CONFIG)
        (self.here / "pkg-config").chmod(0o755)
        if sudo:
            self.program("sudo", "#!/bin/sh\n[ \"$1\" = -n ] && shift\n"
                         "exec \"$@\"\n")
        self.flags = self.here / "packages.mk"
        self.policy = self.here / "policy-rc.d"

    def program(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def settings(self, **environment):
        return dict(args=[str(self.bin / "sh"),
                          str(ROOT / "tests/bootstrap.sh"),
                          str(self.flags), "build"],
                    env={"PATH": str(self.bin), "HERE": str(self.here),
                         "BOOTSTRAP_POLICY": str(self.policy),
                         **environment}, start_new_session=True)

    def run(self, **environment):
        done = subprocess.run(
            **self.settings(**environment), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=30, check=False)
        return done.returncode, done.stdout

    def answer(self, word):
        """At a terminal; returns the exit code and what stood there."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(**self.settings(), stdin=theirs,
                                   stdout=theirs, stderr=theirs)
        os.close(theirs)
        os.write(ours, word.encode() + b"\n")
        code = process.wait(30)
        shown = b""
        try:
            while True:
                more = os.read(ours, 4096)
                if not more:
                    break
                shown += more
        except OSError:
            pass
        os.close(ours)
        return code, shown.decode()

    def apt(self):
        log = self.here / "apt.log"
        return log.read_text() if log.exists() else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.here)


def expect(*facts):
    """The descriptions of those (description, fact) that are not so."""
    return [description for description, fact in facts if not fact]


def installs_when_told(**environment):
    with Bare() as bare:
        code, said = bare.run(**environment)
        return expect(
            ("exit code 0, not " + str(code), code == 0),
            ("shows one apt line", said.count(APT_LINE) == 1),
            ("calls apt-get for all", PACKAGES in bare.apt()),
            ("refuses service start meanwhile", "refused" in bare.apt()),
            ("leaves no policy behind", not bare.policy.exists()),
            ("writes the flags",
             "-lstand-in" in bare.flags.read_text()))


def asks_at_a_terminal():
    with Bare() as bare:
        code, shown = bare.answer("n")
        yield from expect(("'n' stops", code == 1),
                          ("asks", "[y/N]" in shown),
                          ("'n' installs nothing", not bare.apt()))
        code, shown = bare.answer("y")
        yield from expect(("'y' goes on: " + shown, code == 0),
                          ("'y' installs", PACKAGES in bare.apt()))


def stops_without_right_to_install():
    with Bare(root=False) as bare:
        code, said = bare.run(BOOTSTRAP="yes")
        return expect(
            ("stops", code == 1), ("calls no apt-get", not bare.apt()),
            ("shows the line once", said.count("sudo " + APT_LINE) == 1),
            ("says why", "no right to install" in said))


def uses_sudo_where_there_is_one():
    with Bare(root=False, sudo=True) as bare:
        code, said = bare.run(CI="true")
        return expect(("exit code 0: " + said, code == 0),
                      ("installs", PACKAGES in bare.apt()))


def stops_without_an_answer():
    with Bare() as bare:
        code, said = bare.run()
        return expect(("stops", code == 1), ("installs not", not bare.apt()),
                      ("says how", "BOOTSTRAP=yes" in said))


def cleans_up_when_apt_fails():
    with Bare() as bare:
        code, said = bare.run(BOOTSTRAP="yes", APT_FAILS="1")
        return expect(("stops", code == 1),
                      ("says so", "apt-get failed" in said),
                      ("leaves no policy behind", not bare.policy.exists()))


def cleans_up_when_interrupted():
    with Bare() as bare:
        process = subprocess.Popen(
            **bare.settings(BOOTSTRAP="yes", APT_SLEEP="10"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not (bare.here / "apt.began").exists():
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        there = bare.policy.exists()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(10)
        time.sleep(0.2)
        return expect(("refuses service start", there),
                      ("does not succeed", process.returncode != 0),
                      ("leaves no policy behind", not bare.policy.exists()))


def leaves_a_policy_of_others_alone():
    with Bare() as bare:
        bare.policy.write_text("#!/bin/sh\nexit 101\n")
        code, _ = bare.run(BOOTSTRAP="yes")
        return expect(("exit code 0", code == 0),
                      ("the same as before", bare.policy.exists() and
                       bare.policy.read_text() == "#!/bin/sh\nexit 101\n"))


def is_silent_when_all_is_there():
    with Bare() as bare:
        bare.run(BOOTSTRAP="yes")
        before = bare.flags.stat().st_mtime_ns
        code, said = bare.run()
        return expect(("exit code 0", code == 0), ("silent", said == ""),
                      ("leaves the flags alone",
                       bare.flags.stat().st_mtime_ns == before))


def main():
    tally = Tally()
    tally.check("installs_when_BOOTSTRAP_is_yes",
                installs_when_told(BOOTSTRAP="yes"))
    tally.check("installs_when_CI_is_true", installs_when_told(CI="true"))
    for test in (asks_at_a_terminal, stops_without_right_to_install,
                 uses_sudo_where_there_is_one, stops_without_an_answer,
                 cleans_up_when_apt_fails, cleans_up_when_interrupted,
                 leaves_a_policy_of_others_alone,
                 is_silent_when_all_is_there):
        tally.check(test.__name__, test())
    tally.finish()


if __name__ == "__main__":
    main()
