"""network.py - a deployment's whole world, from its topology file.

Inside an enclosure, in network namespaces of their own, joined by veth pairs
and bridges: a host on the Internet and a partner, the firewall outside with
its NAT, each Edge Server, the load balancer where there is one, the firewall
inside, and behind it servers and users. The firewalls have the rules, and
the name servers the zones, that edgeplan writes for the file. All of it is
gone with the enclosure.

    partner --- internet --- outer --- external network --- Edge Servers
                                              |                  |
              front, users --- inner --- internal network -------+
                                              |
                                             hlb (in both networks)
"""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import time

import balancer
import lab
from deployment import Deployment, bits_in, family, first_host, last_host
from spaces import EDGES, ROUTERS, Spaces, given

CLIENTS = {4: "198.51.100.9", 6: "2001:db8:ffff::9"}
SERVERS = {4: "198.51.100.53", 6: "2001:db8:ffff::53"}  # DNS
LISTS = "203.0.113.80"  # revocation lists of the deployment's certificates
NOWHERE = "edgesim.invalid"  # where servers inside say their lists are
OUTSIDE = {4: ("198.51.100.1", 24), 6: ("2001:db8:ffff::1", 64)}
PARTNER = ("203.0.113.1", 24)
ECHO = "203.0.113.40:3479"
# Where the rules are: namespace, table.
FIREWALLS = {"outer": "edge_external", "inner": "edge_internal"}
RULE = re.compile(r'^\s*(.*?) (accept|drop|reject.*?) comment "(.*)" '
                  r'# handle (\d+)$', re.M)


# One for each topology, and what their like have besides.
SAMPLES = ["single-nat", "single-public", "scaled-dnslb-nat",
           "scaled-dnslb-public", "scaled-hlb", "single-address",
           "scaled-hlb-vip"]


def sample_file(name):
    """Of the manual, or else of the lab."""
    path = lab.ROOT / f"man/examples/{name}.conf"
    return path if path.exists() else lab.ROOT / f"tests/lab/{name}.conf"


def master_file(zone, lines):
    return "\n".join([
        f"$ORIGIN {zone}.", "$TTL 3600",
        "@ SOA ns.invalid. hostmaster.invalid. 1 7200 900 1209600 3600",
        "@ NS ns.invalid.", *lines, ""])


def partner_domain():
    return Deployment(lab.PARTNER).words("deployment", "sip-domains", [])[0]


class Network:
    """One deployment; several may stand side by side, each enclosed."""

    def __init__(self, here, topology):
        self.here = here
        self.topology = topology
        self.deployment = Deployment(topology)
        self.spaces = Spaces(here.files / "spaces")
        self.nodes = [node.name for node in self.deployment.edges]
        self.own = here.files / "front.pem"
        self.credentials = here.files / "credentials"
        self.balancer = next((vip.name for vip in self.deployment.balancers),
                             None)
        self.began = time.monotonic()
        self.build()

    def seconds(self):
        """Since it was begun."""
        return time.monotonic() - self.began

    def plan(self, *arguments, topology=None):
        done = subprocess.run(
            [str(lab.BUILD / "edgeplan"), *arguments, "-t",
             str(topology or self.topology)], cwd=lab.ROOT, check=True,
            stdout=subprocess.PIPE, text=True)
        return done.stdout

    def places(self):
        """{namespace: what it is}, from outside to inside."""
        middle = {self.balancer: "load balancer"} if self.balancer else {}
        return {"internet": "outside", "partner": "federation partner",
                "outer": "firewall outside",
                **middle, **{node: "Edge Server" for node in self.nodes},
                "inner": "firewall inside", "front": "front-end subnet",
                "users": "users inside"}

    def run(self, space, *command, text=None):
        return self.spaces.run(space, *command, text=text)

    def build(self):
        routers = ["outer", "inner", "internet", self.balancer]
        for space in self.places():
            self.spaces.add(space, ROUTERS if space in routers else
                            EDGES if space in self.nodes else {})
        self.cable()
        self.address_internet()
        self.address_outer()
        for node in self.deployment.edges:
            self.address_node(node)
        for vip in self.deployment.balancers:
            self.address_balancer(vip)
        self.address_inside()
        self.guard()

    def cable(self):
        join = self.spaces.join
        join("internet", "eth0", "outer", "net0")
        join("internet", "eth1", "partner", "eth0")
        join("front", "eth0", "inner", "front0")
        join("users", "eth0", "inner", "users0")
        join("users", "eth1", "front", "eth1")
        inline = [*self.nodes, *([self.balancer] if self.balancer else [])]
        for index, space in enumerate(inline):
            join(space, "eth0", "outer", f"edge{index}")
            join(space, "eth1", "inner", f"edge{index}")
        ports = [f"edge{index}" for index in range(len(inline))]
        self.spaces.bridge("outer", "ext0", ports)
        self.spaces.bridge("inner", "int0", ports)

    def address_internet(self):
        lines = []
        for kind, (router, bits) in OUTSIDE.items():
            lines += [given(CLIENTS[kind], bits, "eth0"),
                      given(SERVERS[kind], bits, "eth0"),
                      f"route add default via {router} src {CLIENTS[kind]}"]
        lines += [given(PARTNER[0], PARTNER[1], "eth1"),
                  given(LISTS, 32, "eth1")]
        self.spaces.ip("internet", lines)
        partner = Deployment(lab.PARTNER).edges[0]
        self.spaces.ip("partner", [
            *(given(address, PARTNER[1], "eth0")
              for address in [*partner.externals(),
                              ECHO.partition(":")[0]]),
            f"route add default via {PARTNER[0]}"])

    def address_outer(self):
        lines = []
        for kind, (router, bits) in OUTSIDE.items():
            lines.append(given(router, bits, "net0"))
        vips = [address for vip in self.deployment.balancers
                for address in vip.externals()]
        for network in self.deployment.external:
            gateway = next((node.gateway for node in self.deployment.edges
                            if node.gateway and node.gateway not in vips and
                            bits_in([network], node.gateway) ==
                            network.prefixlen), first_host(network))
            lines.append(given(gateway, network.prefixlen, "ext0"))
        network = f"{PARTNER[0].rpartition('.')[0]}.0/{PARTNER[1]}"
        lines.append(f"route add {network} via {CLIENTS[4]}")
        self.spaces.ip("outer", lines)

    def address_outside(self, node, gateways):
        """The external interface: first address first, then a gateway."""
        lines, primary = [], set()
        for address in node.externals():
            bits = bits_in(self.deployment.external, address)
            # which IPv4 is primary is told by the order, IPv6 by its age
            late = " preferred_lft 0" if family(address) == 6 and \
                6 in primary else ""
            primary.add(family(address))
            lines.append(given(address, bits, "eth0") + late)
        for kind in sorted({family(address) for address in
                            node.externals()}):
            lines.append(f"route add default via {gateways[kind]} dev eth0 "
                         f"onlink")
        return lines

    def inner_router(self):
        return last_host(self.deployment.internal[0])

    def address_node(self, node):
        lines = self.address_outside(node, {
            kind: self.deployment.gateway(node, kind) for kind in (4, 6)})
        if node.internal:
            # an internal VIP has to see what comes back
            router = self.deployment.internal_vip() or self.inner_router()
            lines.append(given(node.internal, bits_in(
                self.deployment.internal, node.internal), "eth1"))
            lines += [f"route add {network} via {router} dev eth1"
                      for network in node.routes]
        self.spaces.ip(node.name, lines)

    def address_balancer(self, vip):
        lines = self.address_outside(vip, {
            network.version: first_host(network)
            for network in self.deployment.external})
        if vip.internal:
            lines.append(given(vip.internal, bits_in(
                self.deployment.internal, vip.internal), "eth1"))
            lines += [f"route add {network} via {self.inner_router()}"
                      for network in self.deployment.served]
        self.spaces.ip(vip.name, lines)
        self.spaces.nft(vip.name, balancer.rules_of(self.deployment))

    def resolver_inside(self):
        return str(self.deployment.served[0][53])

    def user(self):
        return str(self.deployment.served[-1][20])

    def address_inside(self):
        served = self.deployment.served
        router = last_host(served[0])
        addresses = [*self.deployment.servers, self.resolver_inside()]
        self.spaces.ip("front", [
            *(given(address, served[0].prefixlen, "eth0")
              for address in addresses), f"route add default via {router}"])
        lines = [given(router, served[0].prefixlen, "front0")]
        for network in self.deployment.internal:
            lines.append(given(last_host(network), network.prefixlen, "int0"))
        if len(served) > 1:
            router = last_host(served[-1])
            lines.append(given(router, served[-1].prefixlen, "users0"))
            self.spaces.ip("users", [
                given(self.user(), served[-1].prefixlen, "eth0"),
                f"route add default via {router}",
                # the Edge's firewall is not between users and servers
                f"route add {served[0]} dev eth1 src {self.user()}"])
            self.spaces.ip("front", [f"route add {served[-1]} dev eth1"])
        self.spaces.ip("inner", lines)

    def translations(self):
        """One public address for each, the same in all directions."""
        mapped = sorted({pair for node in self.deployment.edges
                         for pair in node.public.items()})
        if not mapped:
            return ""
        rules = ["table ip translate {", "chain in {",
                 "type nat hook prerouting priority dstnat;"]
        rules += [f"ip daddr {public} dnat to {local}"
                  for local, public in mapped]
        rules += ["}", "chain out {",
                  "type nat hook postrouting priority srcnat;"]
        for local, public in mapped:
            rules += [f"oifname net0 ip saddr {local} snat to {public}",
                      # the hairpin: from one Edge Server to another
                      f"oifname ext0 ip saddr {local} ct status dnat "
                      f"snat to {public}"]
        return "\n".join([*rules, "}", "}", ""])

    def guard(self):
        for space, part in (("outer", "external"), ("inner", "internal")):
            self.spaces.nft(space, self.plan(
                "firewall", "-o", "nftables", "--part", part))
            self.spaces.forget_soon(space)
        self.spaces.nft("outer", self.translations())

    # What is let through

    def rules(self):
        """(firewall, flow, handle, what it matches, what is done)"""
        for space, table in FIREWALLS.items():
            listed = self.run(space, "nft", "-a", "list", "chain", "inet",
                              table, "forward")
            for match, done, flow, handle in RULE.findall(listed):
                yield space, flow, handle, match, done

    def flows(self):
        """Every flow that a firewall lets through, once, in its order."""
        return list(dict.fromkeys(flow for _, flow, *_ in self.rules()))

    def treat(self, flow, how):
        """
        Accepts, drops or rejects what the rules of a flow match, and no other
        accepts: they go to the end.
        """
        count = 0
        for space, one, handle, match, _ in list(self.rules()):
            if one != flow:
                continue
            done = "reject with tcp reset" if how == "reject" and \
                " tcp " in f" {match}" else how
            at = f"rule inet {FIREWALLS[space]} forward"
            self.spaces.nft(space, f"delete {at} handle {handle}\n"
                            f'add {at} {match} {done} comment "{flow}"\n')
            count += 1
        if not count:
            raise RuntimeError(f"no rule of {flow}")

    # What stands there

    def zones(self, view, topology=None):
        """{zone: its master file}"""
        records = json.loads(self.plan("dns", "-o", "json",
                                       topology=topology))["records"]
        names = {r["zone"] for r in records if r["view"] == view}
        return {name: self.plan("dns", "-o", "zone", "--part", name,
                                topology=topology) for name in sorted(names)}

    def start_nsd(self, name, space, address, zones):
        """nsd serves zones in a namespace."""
        files = self.here.files / name
        files.mkdir(exist_ok=True)
        text = [
            "server:", f'  zonesdir: "{files}"', '  username: ""',
            '  chroot: ""', f'  pidfile: "{files}/nsd.pid"',
            f'  xfrdir: "{files}"',  # else below /tmp, for ever
            f'  xfrdfile: "{files}/xfrd"', f'  zonelistfile: "{files}/list"',
            '  database: ""', "  server-count: 1", f"  ip-address: {address}",
            "remote-control:", "  control-enable: no"]
        for zone, records in zones.items():
            path = files / f"{zone}.zone"
            path.write_text(records, encoding="utf-8")
            text += ["zone:", f"  name: {zone}", f'  zonefile: "{path}"']
        (files / "nsd.conf").write_text("\n".join(text) + "\n",
                                        encoding="utf-8")
        self.run_nsd(name, space)

    def run_nsd(self, name, space):
        """Once more, where zones were changed."""
        self.here.start(name, self.spaces.inside(space, [
            "nsd", "-d", "-c", self.here.files / name / "nsd.conf"]))
        log = self.here.files / f"{name}.log"
        lab.wait_until(name, lambda: self.here.alive(name)
                       and b"nsd started" in log.read_bytes())

    def reverse_zone(self):
        """The names of the internal addresses."""
        records = json.loads(self.plan("dns", "-o", "json"))["records"]
        lines = []
        for record in records:
            if record["view"] == "internal" and record["type"] == "A":
                label = ".".join(record["data"].split(".")[::-1])
                lines.append(f"{label} PTR {record['name']}.")
        return {"in-addr.arpa": master_file("in-addr.arpa", lines)}

    def start_dns(self):
        self.start_nsd("dns-outside", "internet", SERVERS[4], {
            **self.zones("external"), **self.zones("external", lab.PARTNER),
            NOWHERE: master_file(NOWHERE, [f"crl A {LISTS}"])})

    def start_dns_inside(self):
        zones = self.zones("internal")
        for zone in zones:
            zones[zone] += "".join(
                f"{name}. A {address}\n" for name, address in
                self.deployment.server_names()
                if name.endswith("." + zone))
        self.start_nsd("dns-inside", "front", self.resolver_inside(), {
            **zones, **self.reverse_zone()})

    def start_sim(self, name, space, topology, options):
        """An edgesim, with an authority of its own."""
        ready = self.here.files / f"{name}.ready"
        ready.unlink(missing_ok=True)
        command = [self.here.edgesim, "-t", topology, "--ca-out",
                   self.here.files / f"{name}.root", "--ready-file", ready,
                   *options]
        self.here.start(name, self.spaces.inside(space, command))
        lab.wait_until(name, lambda: self.here.alive(name)
                       and ready.exists())

    def start_edges(self, faults=()):
        """One edgesim, each node's sockets in the node's own namespace."""
        words = ["--lists-at", LISTS, "--inside", "--credentials-out",
                 self.credentials]
        for node in self.nodes:
            words += ["--netns", f"{node}={self.spaces.path(node)}"]
            if self.balancer:  # which is no Edge Server
                words += ["--node", node]
        for fault in faults:
            words += ["--fault", fault]
        self.start_sim("edgesim", "internet", self.topology, words)

    def start_partner(self):
        self.start_sim("partner", "partner", lab.PARTNER, [])

    def make_certificate(self, path, name):
        """What a server inside shows the Edge, with its key."""
        key = f"{path}.key"
        subprocess.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            f"/CN={name}", "-keyout", key, "-out", path], check=True,
            capture_output=True)
        with open(path, "a", encoding="ascii") as joined:
            joined.write(pathlib.Path(key).read_text(encoding="ascii"))

    def start_front(self):
        """The servers behind the Edge, by an authority of their own."""
        words = ["--role", "frontend"]
        names = [name for name, _ in self.deployment.server_names()]
        for name, address in self.deployment.server_names():
            words += ["--address", f"{name}={address}"]
        self.make_certificate(self.own, names[0])
        self.start_sim("front", "front", self.topology, words)

    def start_echo(self):
        """A peer on the Internet that no firewall stands in front of."""
        self.echo_key = self.here.files / "echo.key"
        self.here.start("echo", self.spaces.inside("partner", [
            self.here.edgesim.parent / "edgeturn", f"--echo={ECHO}",
            "--echo-key", self.echo_key]))
        log = self.here.files / "echo.log"
        lab.wait_until("echo", lambda: self.here.alive("echo")
                       and b"answering" in log.read_bytes())

    def through_relay(self, server, *arguments):
        """What edgeturn sees of an A/V Edge, with that peer."""
        return self.document_of(self.spaces.inside("internet", [
            self.here.edgesim.parent / "edgeturn", server, "--credentials",
            self.credentials, "--peer", ECHO, "--echo-key", self.echo_key,
            "-o", "json", *arguments]))

    def start_all(self, faults=()):
        """Everything that stands there, at once; every root is trusted."""
        starts = [lambda: self.start_edges(faults), self.start_partner,
                  self.start_front, self.start_dns, self.start_dns_inside,
                  self.start_echo]
        with concurrent.futures.ThreadPoolExecutor(len(starts)) as pool:
            for started in [pool.submit(start) for start in starts]:
                started.result()
        self.here.roots.write_text("".join(
            path.read_text(encoding="ascii") for path in
            sorted(self.here.files.glob("*.root"))), encoding="ascii")

    def tool_command(self, space, tool, *arguments):
        return self.spaces.inside(space, [
            pathlib.Path(self.here.edgesim).parent / tool, "--ca-file",
            self.here.roots, *arguments])

    def probe_command(self, *arguments):
        return self.tool_command("internet", "edgeprobe", "--resolver",
                                 SERVERS[4], *arguments)

    def document_of(self, command):
        done = subprocess.run(
            command, check=False, env=lab.ENVIRONMENT, cwd=lab.ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=120)
        try:
            return json.loads(done.stdout)
        except ValueError as why:
            raise RuntimeError(f"{done.returncode}: {done.stderr}") from why

    def check_command(self, place, *arguments):
        return self.tool_command(
            place, "edgecheck", "-t", self.topology, "--cert", self.own,
            "-o", "json", *arguments)

    def from_inside(self, *arguments):
        """What edgecheck sees from the servers inside."""
        return self.document_of(self.check_command(
            "front", "--internal", "--resolver", self.resolver_inside(),
            *arguments))

    def of_servers(self, *arguments):
        """What edgecheck sees of those servers, from the users' place."""
        return self.document_of(self.check_command(
            "users", "--role", "frontend", "--resolver",
            self.resolver_inside(), *arguments))

    def from_edge(self, node, *arguments):
        """What edgecheck sees in an Edge Server's own place."""
        domain = partner_domain()
        return self.document_of(self.check_command(
            node, "--edge-host", "--node", node, "--resolver", SERVERS[4],
            "--partner", domain,
            *(["--xmpp-partner", domain] if self.deployment.has_xmpp else []),
            "--other-edge", f"av.{domain}", "--url",
            f"http://{LISTS}/root.crl", *arguments))

    def document(self, *arguments):
        """What edgeprobe sees from the Internet."""
        return self.document_of(self.probe_command("-o", "json", *arguments))
