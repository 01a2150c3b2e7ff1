#!/usr/bin/env python3
"""stand_lab.py - `make lab`, at a terminal of its own.

A window for each place, each in its own network; two side by side know
nothing of one another; and when it is left, nothing is left behind.
"""

import fcntl
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

STAND = HERE / "stand.py"
PATIENCE_S = 60
LINGER_S = 5
AGAIN_S = 5
PLACES = ["internet", "partner", "outer", "hlb", "edge1", "edge2", "inner",
          "front", "users"]
OTHER = """\
[deployment]
topology = single-public
sip-domains = contoso.com
internal-domain = contoso.net
internal-name = sfbedge.contoso.net

[edge lonely]
access = 192.0.2.110
webconf = 192.0.2.120
av = 192.0.2.130
internal = 172.25.33.110
"""


class Terminal:
    """A lab at a pseudo terminal."""

    def __init__(self, topology):
        self.child, self.line = pty.fork()
        if not self.child:
            os.environ.update(lab.ENVIRONMENT, TERM="xterm")
            os.execvp(sys.executable, [sys.executable, STAND, topology])
        fcntl.ioctl(self.line, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, 160, 0, 0))
        self.shown = b""

    def until(self, *words, typing=""):
        """Whether all is shown in time; what was shown is then gone.

        What is typed is typed again: tmux may drop keys while it still asks
        the terminal what it can.
        """
        deadline = time.monotonic() + PATIENCE_S
        again = 0.0
        while not all(word.encode() in self.shown for word in words):
            if typing and time.monotonic() > again:
                self.type(typing)
                again = time.monotonic() + AGAIN_S
            ready, _, _ = select.select([self.line], [], [], 0.2)
            try:
                self.shown += os.read(self.line, 65536) if ready else b""
            except OSError:
                return False
            if time.monotonic() > deadline:
                return False
        self.shown = b""
        return True

    def type(self, text):
        os.write(self.line, text.encode())

    def code(self):
        """Its exit code; None when it does not end."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.line], [], [], 0.1)
            try:
                if ready:
                    os.read(self.line, 65536)
            except OSError:
                pass  # nobody is there any more
            ended, status = os.waitpid(self.child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        return None


def leftovers():
    """Directories, and processes that speak of them."""
    found = {path.name for path in lab.BUILD.glob("stand-*")}
    for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"{lab.BUILD}/stand-".encode() in process.read_bytes():
                found.add(process.read_text().replace("\0", " "))
        except OSError:
            pass  # it has just ended
    return found


def is_left(before):
    """What is still there when the kernel had time to end it all."""
    deadline = time.monotonic() + LINGER_S
    while leftovers() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    return leftovers() - before


def windows_problems(terminal):
    for index, place in enumerate(PLACES):
        if not terminal.until(f"{place}$", typing=f"\x02{index}"):
            yield f"no prompt in {place}"
            return
        # asked of the kernel, lest the prompt be all there is to it
        if not terminal.until("in:1", typing="echo in:$(ip -br addr | "
                              f"grep -c {WITHIN[place]})\n"):
            yield f"{place} has no {WITHIN[place]}: {terminal.shown!r}"


WITHIN = {"internet": "198.51.100.9", "partner": "203.0.113.10",
          "outer": "198.51.100.1/", "hlb": "192.0.2.50",
          "edge1": "172.25.33.10", "edge2": "172.25.33.11",
          "inner": "172.25.33.254", "front": "10.1.0.11",
          "users": "10.2.0.20"}


def check_terminal(tally, other):
    before = leftovers()
    terminal = Terminal("scaled-hlb")
    tally.check("says_what_is_where",
                [] if terminal.until("internet$", "exit-lab, or")
                else ["it does not"])
    tally.check("has_a_prompt_in_each_place", windows_problems(terminal))
    done = run(other, "lonely", "ip", "-br", "address")
    tally.check("stands_beside_another",
                [] if "192.0.2.110/" in done.stdout and
                "192.0.2.10/" not in done.stdout and not done.returncode
                else [f"{done}"])
    terminal.type("exit-lab\n")
    tally.same("ends_when_it_is_left", terminal.code(), 0)
    tally.same("leaves_nothing_behind", is_left(before), set())


def run(*words):
    topology, place, *command = map(str, words)
    return subprocess.run(
        [sys.executable, STAND, topology, "--run", place, *command],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        env=lab.ENVIRONMENT)


def check_run(tally, other):
    done = run(other, "internet", "edgeprobe", "-t", "{topology}",
               "--resolver", "{dns}", "--ca-file", "{roots}", "--timeout",
               "2")
    tally.check("runs_a_command_in_a_place",
                [] if done.returncode == 0 and "Nothing to mend" in
                done.stdout else [f"{done}"])
    tally.same("hands_on_its_exit_code",
               run(other, "users", "sh", "-c", "exit 7").returncode, 7)


def check_words(tally):
    for name, words, said in (
            ("asks_which", ["nonsense"], "lab: which topology?"),
            ("takes_a_terminal", ["single-nat"], "lab: it takes a terminal")):
        done = subprocess.run([sys.executable, STAND, *words],
                              capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, env=lab.ENVIRONMENT)
        tally.check(name, [] if done.returncode == 3 and
                    done.stderr.startswith(said) else [f"{done}"])


def main():
    lab.need_namespaces()
    tally = Tally()
    other = lab.BUILD / "stand_lab.conf"
    other.write_text(OTHER, encoding="ascii")
    check_words(tally)
    check_run(tally, other)
    check_terminal(tally, other)
    other.unlink()
    tally.finish()


if __name__ == "__main__":
    main()
