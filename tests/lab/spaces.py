"""spaces.py - network namespaces by name, and the cables between them.

Inside an enclosure; with it all of them are gone.
"""

import subprocess

import lab

EVERYWHERE = {"net.ipv6.conf.all.accept_dad": 0,
              "net.ipv6.conf.default.accept_dad": 0,
              "net.ipv6.conf.default.dad_transmits": 0,
              "net.ipv4.conf.all.rp_filter": 0,
              "net.ipv4.conf.default.rp_filter": 0,
              "net.ipv4.conf.all.send_redirects": 0,
              "net.ipv4.conf.default.send_redirects": 0}
# A bridge is a cable and no firewall, whatever this kernel has loaded.
ROUTERS = {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1,
           "net.ipv4.icmp_ratemask": 0,  # each packet gets its answer
           "net.bridge.bridge-nf-call-iptables": 0,
           "net.bridge.bridge-nf-call-ip6tables": 0}
# An Edge Server keeps the ports of its relay for itself.
EDGES = {"net.ipv4.ip_local_port_range": "32768 49999"}
# What ends is soon forgotten: a rule that is changed counts at once.
CONNTRACK = {"net.netfilter.nf_conntrack_udp_timeout": 2,
             "net.netfilter.nf_conntrack_udp_timeout_stream": 10}


def setting(values):
    """Lines of a shell; what this kernel does not have is left."""
    return "\n".join(
        f"echo {value} 2>/dev/null > /proc/sys/{key.replace('.', '/')} || :"
        for key, value in values.items())


def given(address, bits, interface):
    """The line of ip(8) that gives an interface an address, at once."""
    dad = " nodad" if ":" in address else ""
    return f"addr replace {address}/{bits} dev {interface}{dad}"


class Spaces:
    """The files that hold them stand in a directory."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()

    def path(self, space):
        return self.directory / space

    def inside(self, space, command):
        """The command, as it runs in a namespace."""
        return ["nsenter", f"--net={self.path(space)}", *map(str, command)]

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

    def nft(self, space, rules):
        self.run(space, "nft", "-f", "-", text=rules)

    def add(self, space, more):
        """A new one, with settings of its own."""
        path = self.path(space)
        path.touch()
        subprocess.run(
            ["unshare", f"--net={path}", "sh", "-c",
             "ip link set lo up\n" + setting({**EVERYWHERE, **more})],
            check=True, env=lab.ENVIRONMENT)

    def forget_soon(self, space):
        self.run(space, "sh", "-c", setting(CONNTRACK))

    def join(self, one, its, other, theirs):
        """A cable between two namespaces, an interface name at each end."""
        self.ip(one, [f"link add {its} type veth peer name {theirs} "
                      f"netns {self.path(other)}", f"link set {its} up"])
        self.ip(other, [f"link set {theirs} up"])

    def bridge(self, space, name, ports):
        self.ip(space, [f"link add {name} type bridge",
                        *(f"link set {port} master {name}" for port in ports),
                        f"link set {name} up"])
