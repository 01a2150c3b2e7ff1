"""deployment.py - what a topology file says, as the lab needs it.

What the file leaves out, such as networks, is made up as the samples have it.
"""

import dataclasses
import ipaddress

import lab

SERVICES = ["access", "webconf", "av", "xmpp"]
PORTS = {"access": 443, "federation": 5061, "webconf": 443, "av-tcp": 443,
         "av-udp": 3478, "xmpp": 5269}
# The listeners of a service: key of [ports], transport.
LISTENERS = {"access": [("access", "tcp"), ("federation", "tcp")],
             "webconf": [("webconf", "tcp")],
             "av": [("av-tcp", "tcp"), ("av-udp", "udp")],
             "xmpp": [("xmpp", "tcp")]}
SERVED = ["10.1.0.0/16", "10.2.0.0/16"]


def family(address):
    return 6 if ":" in address else 4


def first_host(network):
    return str(network[1])


def last_host(network):
    return str(network[-2])


@dataclasses.dataclass
class Node:
    """An Edge Server, or the load balancer."""

    name: str
    addresses: dict  # service: its addresses, as they stand on the interface
    public: dict     # address: what it is outside, where that is another
    internal: str
    gateway: str
    routes: list

    def at(self, service):
        """The XMPP proxy shares the addresses of the Access Edge."""
        if service == "xmpp" and not self.addresses["xmpp"]:
            return self.addresses["access"]
        return self.addresses[service]

    def externals(self):
        """Every address outside once, the Access Edge's first."""
        found = []
        for service in SERVICES:
            found += [address for address in self.addresses[service]
                      if address not in found]
        return found


def read_node(name, section):
    addresses, public = {}, {}
    for service in SERVICES:
        addresses[service] = section.get(service, [])
        public.update(zip(addresses[service],
                          section.get(service + "-public", [])))
    return Node(name, addresses, public,
                next(iter(section.get("internal", [])), None),
                next(iter(section.get("gateway", [])), None),
                section.get("routes", ["10.0.0.0/8"]))


class Deployment:
    """All of a file."""

    def __init__(self, path):
        self.path = path
        self.sections = {}
        for section, key, words in lab.topology_lines(path):
            self.sections.setdefault(section, {})[key] = words
        self.edges = self.named("edge")
        self.balancers = self.named("vip")
        self.kind = self.words("deployment", "topology", [""])[0]
        features = self.words("deployment", "features", [])
        product = self.words("deployment", "product", ["sfb2019"])[0]
        self.has_xmpp = "xmpp" in features and product in (
            "lync2013", "sfb2015")
        self.has_logging = "cls" in features and product != "lync2010"
        self.ports = {key: int(self.words("ports", key, [port])[0])
                      for key, port in PORTS.items()}
        self.external = self.networks("external", [
            address for node in self.edges for address in node.externals()])
        self.internal = self.networks("internal", [
            node.internal for node in self.edges if node.internal])
        self.served = [ipaddress.ip_network(text) for text in
                       self.words("networks", "served", SERVED)]
        self.servers = [address for _, address in self.server_names()]

    def words(self, section, key, default):
        return self.sections.get(section, {}).get(key, default)

    def named(self, kind):
        return [read_node(name.split()[1], section)
                for name, section in self.sections.items()
                if name.startswith(kind + " ")]

    def server_names(self):
        """(name, address) of what stands behind the Edge Servers."""
        found = []
        for section, keys in self.sections.items():
            if not section.startswith("pool "):
                continue
            pool = section.split()[1]
            found += zip(keys.get("servers", [pool]),
                         keys.get("addresses", []))
            found += [(pool, address) for address in keys.get("vip", [])]
        return found or [("pool01.contoso.net", "10.1.0.11")]

    def networks(self, key, addresses):
        """Those of the file, else a usual one around each address."""
        texts = self.words("networks", key, None) or sorted({
            f"{address}/{64 if ':' in address else 24}"
            for address in addresses})
        return sorted({ipaddress.ip_network(text, strict=False)
                       for text in texts}, key=str)

    def listeners(self, service):
        """(transport, port) of what a service listens on."""
        return [(transport, self.ports[key]) for key, transport in
                LISTENERS[service]]

    def internal_vip(self):
        return next((vip.internal for vip in self.balancers), None)

    def gateway(self, node, kind):
        """Where a node sends what leads outside, in a family."""
        if node.gateway and family(node.gateway) == kind:
            return node.gateway
        return next((first_host(network) for network in self.external
                     if network.version == kind), None)

    def public_of(self, node, service):
        """The addresses of a service, as they are outside."""
        return [node.public.get(address, address)
                for address in node.at(service)]


def bits_in(networks, address):
    """How wide the network is that an address lies in."""
    at = ipaddress.ip_address(address)
    return next((network.prefixlen for network in networks
                 if network.version == at.version and at in network),
                at.max_prefixlen)
