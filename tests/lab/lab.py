"""lab.py - real servers in a private network, for the tests of the tools.

Outside: enclosed() runs a script of ours once more, inside a network of its
own. Inside: Lab starts dnsmasq and edgesim there and runs edgeprobe. Both are
the sanitized builds. When the script ends, the kernel ends what it started.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
SAMPLE = ROOT / "tests/lab/plain.conf"
XMPP_SAMPLE = ROOT / "tests/lab/xmpp.conf"
INNER_SAMPLE = ROOT / "tests/lab/inside.conf"  # all that there is inside
PARTNER = ROOT / "tests/lab/partner.conf"  # of whom edges are friends
RESOLVER = "192.0.2.53"
CLIENTS = "198.51.100.9", "2001:db8:ffff::9"
NO_NAMESPACE = 125

# What stands on loopback inside: the sample's addresses and a few more.
EVERYWHERE = [f"192.0.2.{n}" for n in range(10, 41)] + [
    f"192.0.2.{n}" for n in range(54, 58)] + [
    f"2001:db8::{n}" for n in range(10, 41)] + [
    f"10.45.16.{n}" for n in range(10, 40)]
START_S = 60  # long: many start at once where tests run side by side
PATH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
# The leak sanitizer looks itself up in /proc, which has to be the enclosure's.
LEAKS = 0 if os.environ.get("ENCLOSE_PROC") == "no" else 1
ENVIRONMENT = {
    "ASAN_OPTIONS": f"detect_leaks={LEAKS}:strict_string_checks=1:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99",
    **os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", "TERM": "dumb",
}


def topology_lines(path):
    """(section, key, words) of each line of a topology file."""
    section = ""
    for line in pathlib.Path(path).read_text(encoding="utf-8").split("\n"):
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            yield section, key.strip(), value.replace(",", " ").split()


def nodes_of(path):
    """{address: node} of the services of a topology file."""
    nodes = {}
    for section, key, words in topology_lines(path):
        if section.startswith(("edge ", "vip ")) and key != "internal":
            nodes.update({word: section.split()[1] for word in words})
        elif section == "web" and key == "address":
            nodes.update({word: section for word in words})
    return nodes


def enclosed(script, arguments, addresses, timeout_s=120, clients=CLIENTS,
             output=subprocess.PIPE):
    """Runs a script inside; returns its exit code and its two outputs."""
    directory = tempfile.mkdtemp(prefix="lab-", dir=BUILD)
    sources = [word for client in clients for word in ("--client", client)]
    command = [str(BUILD / "enclose"), "--dir", directory, *sources, RESOLVER,
               *addresses, "--", sys.executable, str(script), *arguments]
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, timeout=timeout_s,
            env={**ENVIRONMENT, "LAB": directory}, check=False,
            stdout=output, stderr=output, text=True)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        return -1, "", "out of time\n"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def has_namespaces():
    with tempfile.TemporaryDirectory(prefix="lab-", dir=BUILD) as directory:
        done = subprocess.run(
            [str(BUILD / "enclose"), "--dir", directory, "--", "true"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode != NO_NAMESPACE


def need_namespaces():
    """Ends a test program that can do nothing without."""
    if not has_namespaces():
        print("skipped: no private network can be had here, see enclose.c")
        print("0 passed, 0 failed")
        sys.exit(0)


def run_inside(script, inside, timeout_s=300, clients=CLIENTS, more=()):
    """main() of a program whose tests all run in one enclosure."""
    if sys.argv[1:] == ["--inside"]:
        inside()
    need_namespaces()
    code, out, err = enclosed(script, ["--inside"], [*EVERYWHERE, *more],
                              timeout_s, clients)
    print(out, end="")
    print(err, end="", file=sys.stderr)
    sys.exit(code)


def wait_until(what, condition):
    deadline = time.monotonic() + START_S
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not start")
        time.sleep(0.02)


class Lab:
    """Inside the enclosure; files live in self.files."""

    def __init__(self):
        self.files = pathlib.Path(os.environ["LAB"])
        self.roots = self.files / "ca.pem"
        self.processes = {}
        self.edgesim = BUILD / "san/edgesim"

    def topology(self, text=None, sample=SAMPLE):
        """The sample, or text, without IPv6 where the kernel has none."""
        text = text or sample.read_text(encoding="utf-8")
        if os.environ.get("ENCLOSE_IPV6") == "no":
            text = "\n".join(
                " ".join(w for w in line.split(" ") if not
                         w.startswith("2001:")) for line in text.split("\n"))
        path = self.files / "edge.conf"
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, name, command):
        with open(self.files / (name + ".log"), "wb") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=ENVIRONMENT, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)

    def alive(self, name):
        if self.processes[name].poll() is None:
            return True
        text = (self.files / (name + ".log")).read_text(errors="replace")
        raise RuntimeError(f"{name} ended:\n{text}")

    def stop(self, name):
        self.processes[name].terminate()
        self.processes[name].wait(START_S)

    def start_dns(self, topology, extra=""):
        zone = self.files / "dnsmasq.conf"
        made = subprocess.run(
            ["awk", "-v", f"hosts={self.files}/hosts", "-f",
             "tests/lab/zone.awk", str(topology)], cwd=ROOT, check=True,
            stdout=subprocess.PIPE, text=True)
        zone.write_text(made.stdout + extra, encoding="utf-8")
        self.start("dnsmasq", [
            "dnsmasq", "--no-daemon", f"--conf-file={zone}", "--no-resolv",
            "--no-hosts", "--no-poll", "--address=/#/", "--bind-interfaces",
            f"--listen-address={RESOLVER}", "--local-ttl=300",
            f"--pid-file={self.files}/dnsmasq.pid"])
        log = self.files / "dnsmasq.log"
        wait_until("dnsmasq", lambda: self.alive("dnsmasq")
                   and b"read " in log.read_bytes())

    def start_edge(self, topology, faults=(), options=()):
        ready = self.files / "ready"
        ready.unlink(missing_ok=True)
        command = [str(self.edgesim), "-t", str(topology),
                   "--ca-out", str(self.roots), "--ready-file", str(ready),
                   *map(str, options)]
        for fault in faults:
            command += ["--fault", fault]
        self.start("edgesim", command)
        wait_until("edgesim", lambda: self.alive("edgesim")
                   and ready.exists())

    def probe(self, *arguments, timeout_s=60, interrupt_s=None):
        """edgeprobe's exit code, output and what it said on the side."""
        command = [str(BUILD / "san/edgeprobe"), *map(str, arguments)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if interrupt_s is not None:
            time.sleep(interrupt_s)
            process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += "\nout of time\n"
        return process.returncode, out, err

    def judged_again(self, document, *arguments):
        """What `edgeprobe judge` makes of a saved document."""
        path = self.files / "saved.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return self.document("judge", path, *arguments)

    def document(self, *arguments, **settings):
        """The JSON document of a run, its exit code checked against it."""
        code, out, err = self.probe("-o", "json", *arguments, **settings)
        try:
            document = json.loads(out)
        except ValueError as why:
            raise RuntimeError(f"no JSON ({why}), exit {code}:\n{out[:400]}"
                               f"\n{err}") from why
        if document["exit"] != code:
            raise RuntimeError(f"exit {code}, but JSON says "
                               f"{document['exit']}\n{err}")
        return document
