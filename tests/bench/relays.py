"""relays.py - relays to be measured, and the client that measures them.

Inside an enclosure (tests/lab/lab.py). load() runs build/relay_load once;
Process tells what a server has used of the machine.
"""

import base64
import json
import os
import pathlib
import subprocess

import lab

LOAD, EDGE = lab.BUILD / "relay_load", lab.BUILD / "edgesim"
NODE, COTURN, PEER = "192.0.2.30", "192.0.2.56", "192.0.2.54"
PORTS = {"udp": 3478, "tcp": 443}
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024
USER, REALM = "bench", "bench.example"


def has_own_proc():
    """Whether /proc is that of the enclosure."""
    return os.readlink("/proc/self") == str(os.getpid())


class Process:
    """A server, as /proc shows it."""

    def __init__(self, pid):
        self.path = pathlib.Path("/proc", str(pid))

    def memory_kib(self):
        """Resident."""
        return int((self.path / "statm").read_text().split()[1]) * PAGE_KIB

    def descriptors(self):
        return len(list((self.path / "fd").iterdir()))

    def processor_s(self):
        fields = (self.path / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


class Edgesim:
    """The node 192.0.2.30 of the sample."""

    name = "edgesim"

    def __init__(self, here, *options):
        self.here, self.credentials = here, here.files / "credentials"
        here.edgesim = EDGE
        here.start_edge(here.topology(), options=[
            "--credentials-out", self.credentials, *options])
        self.process = Process(here.processes["edgesim"].pid)

    def arguments(self, how="udp"):
        return ["--server", f"{NODE}:{PORTS[how]}", "--credentials",
                self.credentials, *(["--tcp"] if how == "tcp" else [])]


class Coturn:
    """As it comes: a thread for each processor; no log, as edgesim."""

    name = "coturn"

    def __init__(self, here):
        self.here, self.credentials = here, here.files / "coturn.credentials"
        # of this enclosure alone: no secret, whoever looks
        password = base64.b64encode(os.urandom(15)).decode()
        self.write(self.credentials, f"turn-username = {USER}\n"
                                     f"turn-password = {password}\n")
        settings = here.files / "coturn.conf"
        self.write(settings, f"lt-cred-mech\nuser={USER}:{password}\n"
                             f"realm={REALM}\nlistening-ip={COTURN}\n"
                             f"relay-ip={COTURN}\nmin-port=50000\n"
                             f"max-port=59999\nno-tls\nno-dtls\nno-cli\n"
                             f"log-file={os.devnull}\n"
                             f"pidfile={here.files}/coturn.pid\n"
                             f"userdb={here.files}/coturn.db\n")
        here.start("coturn", ["turnserver", "-c", str(settings)])
        lab.wait_until("coturn", lambda: here.alive("coturn")
                       and self.is_bound())
        self.process = Process(here.processes["coturn"].pid)

    @staticmethod
    def write(path, text):
        path.touch(0o600)
        path.write_text(text, encoding="ascii")

    @staticmethod
    def is_bound():
        table = pathlib.Path("/proc/net/udp").read_text(encoding="ascii")
        return "380200C0:0D96" in table  # 192.0.2.56:3478

    def arguments(self, how="udp"):
        return ["--server", f"{COTURN}:{PORTS['udp']}", "--credentials",
                self.credentials, "--standard",
                *(["--tcp"] if how == "tcp" else [])]


def begin_load(relay, mode, how="udp", **options):
    """A client under way; its options by their names."""
    words = []
    for name, value in options.items():
        words += [f"--{name}"] + ([] if value is True else [value])
    command = [LOAD, *relay.arguments(how), *words, mode]
    return subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL, env=lab.ENVIRONMENT, text=True)


def end_load(process):
    out = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"relay_load ended with {process.returncode}")
    return json.loads(out)


def load(relay, mode, how="udp", **options):
    return end_load(begin_load(relay, mode, how, **options))
