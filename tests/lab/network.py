"""network.py - a deployment's whole network, from its topology file.

Inside an enclosure: a host on the Internet, the firewall outside with its
NAT, each Edge Server, the firewall inside and a front-end host, in network
namespaces of their own, joined by veth pairs and bridges. The firewalls have
the rules, and the name server the zones, that edgeplan writes for the file.
All of it is gone with the enclosure.

    Internet ---- outer ---- external network ---- Edge Servers
    (client, DNS)                                      |
                             front end ---- inner ---- internal network
"""

import json
import os
import pathlib
import subprocess
import time

import lab

CLIENTS = {4: "198.51.100.9", 6: "2001:db8:ffff::9"}
SERVERS = {4: "198.51.100.53", 6: "2001:db8:ffff::53"}  # DNS
OUTSIDE = {4: ("198.51.100.1", 24), 6: ("2001:db8:ffff::1", 64)}
MIDDLE = {4: ("10.254.0.1", "10.254.0.2", 24),
          6: ("fd00:254::1", "fd00:254::2", 64)}
INSIDE = "172.25.33.254"
FRONT = ("10.1.0.11", "10.1.0.254", 16)


def family(address):
    return 6 if ":" in address else 4


def given(address, bits, interface):
    """The line of ip(8) that gives an interface an address, at once."""
    dad = " nodad" if ":" in address else ""
    return f"addr replace {address}/{bits} dev {interface}{dad}"


def width(address):
    return 128 if ":" in address else 32


class Network:
    """Namespaces by name; their files stand in the lab's directory."""

    def __init__(self, here, topology):
        self.here = here
        self.topology = topology
        self.spaces = here.files / "spaces"
        self.spaces.mkdir()
        self.addresses = json.loads(self.plan("addresses", "-o", "json"))[
            "addresses"]
        self.nodes = sorted({line["node"] for line in self.addresses})
        began = time.monotonic()
        self.build()
        self.up_s = time.monotonic() - began

    def plan(self, *arguments):
        done = subprocess.run(
            [str(lab.BUILD / "edgeplan"), *arguments, "-t",
             str(self.topology)], cwd=lab.ROOT, check=True,
            stdout=subprocess.PIPE, text=True)
        return done.stdout

    def inside(self, space, command):
        """The command, as it runs in a namespace."""
        return ["nsenter", f"--net={self.spaces / space}", *map(str, command)]

    def run(self, space, *command, text=None):
        done = subprocess.run(
            self.inside(space, command), check=False, input=text, text=True,
            env=lab.ENVIRONMENT, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"{space}: {' '.join(map(str, command))}: "
                               f"{done.stdout}\n{text or ''}")
        return done.stdout

    def ip(self, space, lines):
        """Lines of ip(8), at once."""
        self.run(space, "ip", "-batch", "-", text="\n".join(lines) + "\n")

    def add_space(self, space):
        path = self.spaces / space
        path.touch()
        subprocess.run(["unshare", f"--net={path}", "true"], check=True,
                       env=lab.ENVIRONMENT)
        settings = ["net.ipv6.conf.all.accept_dad=0",
                    "net.ipv6.conf.default.accept_dad=0",
                    "net.ipv6.conf.default.dad_transmits=0"]
        if space in ("outer", "inner"):
            settings += ["net.ipv4.ip_forward=1",
                         "net.ipv6.conf.all.forwarding=1"]
        for setting in settings:
            key, _, value = setting.partition("=")
            self.run(space, "sh", "-c",
                     f"echo {value} > /proc/sys/{key.replace('.', '/')}")
        self.ip(space, ["link set lo up"])

    def join(self, one, its, other, theirs):
        """A cable between two namespaces, an interface name at each end."""
        holder = subprocess.Popen(self.inside(other, ["sleep", "60"]),
                                  env=lab.ENVIRONMENT)
        try:
            lab.wait_until("a namespace", lambda: os.readlink(
                f"/proc/{holder.pid}/ns/net") != os.readlink(
                    "/proc/self/ns/net"))
            self.ip(one, [f"link add {its} type veth peer name {theirs} "
                          f"netns {holder.pid}", f"link set {its} up"])
            self.ip(other, [f"link set {theirs} up"])
        finally:
            holder.kill()
            holder.wait()

    def bridge(self, space, name):
        self.ip(space, [f"link add {name} type bridge", f"link set {name} up"])

    def externals(self, node=None):
        return [line for line in self.addresses
                if line["service"] != "internal"
                and node in (None, line["node"])]

    def build(self):
        for space in ["internet", "outer", "inner", "front", *self.nodes]:
            self.add_space(space)
        self.join("internet", "eth0", "outer", "net0")
        self.bridge("outer", "ext0")
        self.bridge("inner", "int0")
        self.join("front", "eth0", "inner", "front0")
        for index, node in enumerate(self.nodes):
            self.join(node, "eth0", "outer", f"edge{index}")
            self.ip("outer", [f"link set edge{index} master ext0"])
            self.join(node, "eth1", "inner", f"edge{index}")
            self.ip("inner", [f"link set edge{index} master int0"])
        self.address_internet()
        self.address_outer()
        for node in self.nodes:
            self.address_node(node)
        self.address_inside()
        self.guard()

    def address_internet(self):
        lines = []
        for kind, (router, bits) in OUTSIDE.items():
            lines += [given(CLIENTS[kind], bits, "eth0"),
                      given(SERVERS[kind], bits, "eth0"),
                      f"route add default via {router} src {CLIENTS[kind]}"]
        self.ip("internet", lines)

    def address_outer(self):
        lines = []
        for kind, (router, bits) in OUTSIDE.items():
            lines.append(given(router, bits, "net0"))
            lines.append(given(MIDDLE[kind][0], MIDDLE[kind][2], "ext0"))
        for line in self.externals():
            lines.append(f"route replace {line['address']}/"
                         f"{width(line['address'])} dev ext0")
        self.ip("outer", lines)

    def address_node(self, node):
        lines = []
        for line in self.externals(node):
            lines.append(given(line["address"], width(line["address"]),
                               "eth0"))
        for kind in {family(line["address"]) for line in
                     self.externals(node)}:
            router = MIDDLE[kind][0]
            lines += [f"route add {router} dev eth0",
                      f"route add default via {router} dev eth0"]
        for line in self.addresses:
            if line["node"] == node and line["service"] == "internal":
                lines += [given(line["address"], 24, "eth1"),
                          f"route add 10.0.0.0/8 via {INSIDE}"]
        self.ip(node, lines)

    def address_inside(self):
        address, router, bits = FRONT
        self.ip("front", [given(address, bits, "eth0"),
                          f"route add default via {router}"])
        self.ip("inner", [given(router, bits, "front0"),
                          given(INSIDE, 24, "int0")])

    def translations(self):
        """One public address for each, the same in both directions."""
        mapped = sorted({(line["address"], line["public"]) for line in
                         self.externals() if line["public"]})
        if not mapped:
            return ""
        rules = ["table ip translate {", "chain in {",
                 "type nat hook prerouting priority dstnat;"]
        rules += [f"ip daddr {public} dnat to {local}"
                  for local, public in mapped]
        rules += ["}", "chain out {",
                  "type nat hook postrouting priority srcnat;"]
        rules += [f"oifname net0 ip saddr {local} snat to {public}"
                  for local, public in mapped]
        return "\n".join([*rules, "}", "}", ""])

    def guard(self):
        for space, part in (("outer", "external"), ("inner", "internal")):
            self.run(space, "nft", "-f", "-", text=self.plan(
                "firewall", "-o", "nftables", "--part", part))
        self.run("outer", "nft", "-f", "-", text=self.translations())

    def start_dns(self):
        """nsd serves each external zone as edgeplan writes it."""
        files = self.here.files
        records = json.loads(self.plan("dns", "-o", "json"))["records"]
        zones = sorted({r["zone"] for r in records
                        if r["view"] == "external"})
        text = [
            "server:", f'  zonesdir: "{files}"', '  username: ""',
            '  chroot: ""', f'  pidfile: "{files}/nsd.pid"',
            f'  xfrdfile: "{files}/xfrd"', f'  zonelistfile: "{files}/list"',
            '  database: ""', "  server-count: 1",
            f"  ip-address: {SERVERS[4]}",
            "remote-control:", "  control-enable: no"]
        for zone in zones:
            path = files / f"{zone}.zone"
            path.write_text(self.plan("dns", "-o", "zone", "--part", zone),
                            encoding="utf-8")
            text += ["zone:", f"  name: {zone}", f'  zonefile: "{path}"']
        (files / "nsd.conf").write_text("\n".join(text) + "\n",
                                        encoding="utf-8")
        self.here.start("nsd", self.inside(
            "internet", ["nsd", "-d", "-c", files / "nsd.conf"]))
        log = self.here.files / "nsd.log"
        lab.wait_until("nsd", lambda: self.here.alive("nsd")
                       and b"nsd started" in log.read_bytes())

    def start_edges(self, faults=()):
        """One edgesim, each node's sockets in the node's own namespace."""
        ready = self.here.files / "ready"
        ready.unlink(missing_ok=True)
        command = [lab.BUILD / "san/edgesim", "-t", self.topology,
                   "--ca-out", self.here.roots, "--ready-file", ready]
        for node in self.nodes:
            command += ["--netns", f"{node}={self.spaces / node}"]
        for fault in faults:
            command += ["--fault", fault]
        self.here.start("edgesim", self.inside("internet", command))
        lab.wait_until("edgesim", lambda: self.here.alive("edgesim")
                       and ready.exists())

    def probe_command(self, *arguments):
        return self.inside("internet", [
            lab.BUILD / "san/edgeprobe", "--resolver", SERVERS[4],
            "--ca-file", self.here.roots, *arguments])

    def document(self, *arguments):
        done = subprocess.run(
            self.probe_command("-o", "json", *arguments), check=False,
            env=lab.ENVIRONMENT, cwd=lab.ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=120)
        try:
            return json.loads(done.stdout)
        except ValueError as why:
            raise RuntimeError(f"{done.returncode}: {done.stderr}") from why
