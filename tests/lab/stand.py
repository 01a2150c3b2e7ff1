#!/usr/bin/env python3
"""stand.py - one topology's lab, left standing with a prompt in each place.

usage: stand.py TOPOLOGY      a sample's name, or a topology file
       stand.py TOPOLOGY --run PLACE COMMAND...

In a terminal, tmux has a window for each place; it ends with the last of
them, or with `exit-lab`, and nothing stays behind. With --run, one command is
run in one place, and its exit code is ours; {topology}, {roots} and what else
names_of() knows stand for themselves. Several may stand side by side.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
import lab  # noqa: E402
import network  # noqa: E402

PROMPT = """\
export PATH={bin}:$PATH PS1='{place}$ '
"""
HINTS = {
    "internet": ["edgeprobe -t {topology} --resolver {dns} --ca-file {roots} "
                 "--credentials {credentials}"],
    "partner": ["edgeprobe {domain} --resolver {dns} --ca-file {roots}"],
    "outer": ["nft -a list chain inet edge_external forward"],
    "inner": ["nft -a list chain inet edge_internal forward"],
    "front": ["edgecheck --internal -t {topology} --resolver {inside} "
              "--ca-file {roots} --cert {own}"],
    "users": ["edgeturn {internal} --credentials {credentials} --udp"],
}
EDGE_HINTS = ["edgecheck --edge-host -t {topology} --node {place} --resolver "
              "{dns} --ca-file {roots} --partner {partner}"]
BALANCER_HINTS = ["nft list ruleset"]


def topology_of(text):
    """The file that is meant by a name or a path; None: neither."""
    path = pathlib.Path(text)
    if "/" in text or path.suffix == ".conf":
        return path if path.exists() else None
    path = network.sample_file(text)
    return path if path.exists() else None


def names_of(net):
    """What the hints speak of; files stand where every shell begins."""
    return {
        "topology": net.topology.name, "dns": network.SERVERS[4],
        "roots": net.here.roots.name, "credentials": net.credentials.name,
        "own": net.own.name, "inside": net.resolver_inside(),
        "partner": network.partner_domain(),
        "domain": net.deployment.words("deployment", "sip-domains",
                                       ["contoso.com"])[0],
        "internal": next((node.internal for node in net.deployment.edges
                          if node.internal), "-")}


def hints_of(net, place):
    hints = HINTS.get(place) or (BALANCER_HINTS if place == net.balancer
                                 else EDGE_HINTS)
    return [hint.format(place=place, **names_of(net)) for hint in hints]


def addresses_of(net, place):
    listed = net.run(place, "ip", "-brief", "address", "show", "scope",
                     "global")
    return [word.partition("/")[0] for line in listed.splitlines()
            for word in line.split()[2:]]


def describe(net):
    """What is where, as text."""
    lines = [f"A lab of {net.deployment.kind}, up in {net.seconds():.1f} s.",
             ""]
    for place, what in net.places().items():
        lines.append(f"  {place:<10} {what}")
        lines.append(f"  {'':<10}   {' '.join(addresses_of(net, place))}")
        lines += [f"  {'':<10}   $ {hint}" for hint in hints_of(net, place)]
    return "\n".join(lines) + "\n"


class Windows:
    """A tmux of our own: it knows no other session, and none knows it."""

    def __init__(self, net):
        self.net = net
        self.files = net.here.files
        self.socket = self.files / "tmux"

    def tmux(self, *words):
        return ["tmux", "-S", str(self.socket), "-f", "/dev/null",
                *map(str, words)]

    def command(self, place):
        """A shell in a place, which first says what it is."""
        rc = self.files / f"{place}.rc"
        rc.write_text(PROMPT.format(bin=self.files / "bin", place=place) + (
            f"cat {self.files / 'places'}\n" if place == "internet" else
            "".join(f"echo '$ {hint}'\n" for hint in
                    hints_of(self.net, place))), encoding="utf-8")
        return " ".join(self.net.spaces.inside(
            place, ["bash", "--noprofile", "--rcfile", rc, "-i"]))

    def write_commands(self):
        folder = self.files / "bin"
        folder.mkdir()
        for tool in lab.BUILD.glob("edge*"):
            if os.access(tool, os.X_OK) and tool.is_file():
                (folder / tool.name).symlink_to(tool)
        leave = folder / "exit-lab"
        leave.write_text("#!/bin/sh\nexec " + " ".join(
            self.tmux("kill-server")) + "\n", encoding="utf-8")
        leave.chmod(0o755)

    def open(self):
        (self.files / "places").write_text(
            describe(self.net) + "\nCtrl-b w: all windows; exit-lab, or the "
            "end of every shell: the end.\n", encoding="utf-8")
        self.write_commands()
        for index, place in enumerate(self.net.places()):
            start = ["new-session", "-d", "-s", "lab"] if not index else [
                "new-window", "-d", "-t", "lab:"]
            subprocess.run(self.tmux(*start, "-n", place, "-c", self.files,
                                     self.command(place)), check=True,
                           env={**lab.ENVIRONMENT, "TERM": "screen"})

    def attend(self):
        terminal = os.environ.get("LAB_TERM", "screen")
        subprocess.run(self.tmux("attach"), check=False,
                       env={**lab.ENVIRONMENT, "TERM": terminal})


def inside(topology, arguments):
    here = lab.Lab()
    here.edgesim = lab.BUILD / "edgesim"
    net = network.Network(here, here.topology(sample=pathlib.Path(topology)))
    net.start_all()
    if arguments:
        place, *command = arguments
        done = subprocess.run(
            net.spaces.inside(place, [word.format(**names_of(net))
                                      for word in command]),
            cwd=here.files, check=False,
            env={**lab.ENVIRONMENT, "PATH": f"{lab.BUILD}:{lab.PATH}"})
        return done.returncode
    windows = Windows(net)
    windows.open()
    windows.attend()
    return 0


def outside(topology, arguments):
    """Encloses itself, with this terminal."""
    lab.BUILD.mkdir(exist_ok=True)
    directory = tempfile.mkdtemp(prefix="stand-", dir=lab.BUILD)
    command = [str(lab.BUILD / "enclose"), "--dir", directory, "--",
               sys.executable, __file__, "--inside", str(topology),
               *arguments]
    try:
        return subprocess.run(
            command, cwd=lab.ROOT, check=False,
            env={**lab.ENVIRONMENT, "LAB": directory,
                 "LAB_TERM": os.environ.get("TERM", "screen")}).returncode
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main(arguments):
    if arguments[:1] == ["--inside"]:
        return inside(arguments[1], arguments[2:])
    topology = topology_of(arguments[0]) if arguments else None
    if not topology:
        print("lab: which topology? One of " + " ".join(network.SAMPLES) +
              ", or a file", file=sys.stderr)
        return 3
    if arguments[1:2] == ["--run"] and len(arguments) > 3:
        return outside(topology.resolve(), arguments[2:])
    if len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 3
    if not sys.stdin.isatty() or not shutil.which("tmux"):
        print("lab: it takes a terminal and tmux; or: stand.py TOPOLOGY "
              "--run PLACE COMMAND", file=sys.stderr)
        return 3
    code = outside(topology.resolve(), [])
    if code == lab.NO_NAMESPACE:
        print("lab: no private network can be had here", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
