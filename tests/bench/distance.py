"""distance.py - a client far from the servers of a lab, by a line of ours.

Inside an enclosure (tests/lab/lab.py) the servers stand on its loopback.
Distance gives a client a network of its own, whose only way leads over
build/delay: every packet takes half a round trip each way.
"""

import contextlib
import os
import signal
import subprocess

import lab

CLIENTS = "198.51.100.9", "2001:db8:ffff::9"
# One hardware address on both ends, and no asking who has which: a frame for
# the far end is then one for the near end too.
HARDWARE = "02:00:00:00:00:01"


def run(*command):
    subprocess.run(command, check=True, env=lab.ENVIRONMENT,
                   stdin=subprocess.DEVNULL)


class Network:
    """A network namespace that lives as long as a process in it."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sleep", "infinity"],
            stdin=subprocess.DEVNULL)
        own = os.readlink("/proc/self/ns/net")
        lab.wait_until("a network", lambda: self.holder.poll() is None and
                       self.read_link() not in (None, own))

    def read_link(self):
        try:
            return os.readlink(f"/proc/{self.holder.pid}/ns/net")
        except OSError:
            return None

    def enter(self, *command):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *command]

    def run(self, *command):
        run(*self.enter(*command))

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Distance:
    """client.enter(COMMAND...) runs far away; account() tells of it."""

    def __init__(self, here, milliseconds):
        self.client, self.line = Network(), Network()
        self.file = here.files / "account"
        self.families = 2 if os.environ.get("ENCLOSE_IPV6") != "no" else 1
        self.lay_cables()
        self.process = subprocess.Popen(
            self.line.enter(str(lab.BUILD / "delay"), "near", "far",
                            str(milliseconds), str(self.file)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("delay did not start")
        # a line does not wait for a processor that those at its ends use
        with contextlib.suppress(OSError):
            os.sched_setscheduler(self.process.pid, os.SCHED_FIFO,
                                  os.sched_param(1))

    def lay_cables(self):
        for name, network, end in (("client0", self.client, "near"),
                                   ("server0", None, "far")):
            where = ["netns", str(network.holder.pid)] if network else []
            run("ip", "link", "add", "name", name, "address", HARDWARE,
                *where, "type", "veth", "peer", "name", end,
                "netns", str(self.line.holder.pid))
            self.line.run("ip", "link", "set", end, "up")
            go = network.run if network else run
            go("ip", "link", "set", name, "arp", "off", "up")
        self.client.run("ip", "link", "set", "lo", "up")
        for address in CLIENTS[:self.families]:
            width = 128 if ":" in address else 32
            family = "-6" if ":" in address else "-4"
            more = ["nodad"] if ":" in address else []
            self.client.run("ip", "address", "add", f"{address}/{width}",
                            "dev", "client0", *more)
            self.client.run("ip", family, "route", "add", "default", "dev",
                            "client0")
            run("ip", family, "route", "add", f"{address}/{width}", "dev",
                "server0")

    def account(self):
        """Ends the line; (rounds, [(protocol, client, server, turns,
        first_ms, last_ms)])."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(lab.START_S)
        lines = self.file.read_text(encoding="ascii").split("\n")
        rounds = int(lines[0].split()[1])
        flows = []
        for line in filter(None, lines[1:]):
            protocol, client, server, turns, first, last = line.split()
            flows.append((protocol, client, server, int(turns), float(first),
                          float(last)))
        return rounds, flows

    def close(self):
        if self.process.poll() is None:
            self.account()
        run("ip", "link", "del", "server0")
        self.client.close()
        self.line.close()
