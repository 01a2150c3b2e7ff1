#!/usr/bin/env python3
"""proxy_lab.py - what stands in front of an Edge, or in its place.

haproxy ends TLS before edgesim, balances TCP over dead members, or keeps
silent; openssl asks for certificates on 5061; coturn stands where the A/V
Edge should. Each has to turn exactly the rows it should.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

ACCESS, WEBCONF, AV = "192.0.2.10", "192.0.2.20", "192.0.2.30"
BEHIND = "192.0.2.15"  # edgesim's Access Edge; its relay is at AV
NOBODY = "192.0.2.54"
OTHER_RELAY = "192.0.2.31"
TOPOLOGY = """[deployment]
product = sfb2015
topology = single-public
sip-domains = contoso.com
features = remote-access webconf av federation
[edge one]
access = {access}
webconf = {webconf}
av = {av}
"""
NAMES = ("sip.contoso.com", "webcon.contoso.com")
HAPROXY = """\
global
    log stderr format raw local0 notice
    tune.ssl.default-dh-param 2048
defaults
    mode tcp
    timeout connect 1s
    timeout client 20s
    timeout server 20s
"""
# Ends TLS; speaks it anew with the one behind. No checks of who is alive.
OFFLOAD = """
listen {name}
    bind {address}:{port} ssl crt {files}/leaf.both {asking}
    server edge {behind}:{port} ssl verify none
"""
ASKING = "ca-file {files}/root.pem verify required"
PASSING = """
listen {name}
    bind {address}:{port}
    retries 0
    server edge {behind}:{port}
"""
SILENT = """
listen {name}
    bind {address}:{port} {options}
    tcp-request inspect-delay 60s
    tcp-request content reject if WAIT_END
"""
WITH_TLS = "ssl crt {files}/leaf.both"
SIGN_IN = "ext.access.sip-tls.tcp443.in@one"
FEDERATION = "ext.access.sip-mtls.tcp5061.in@one"
AV_UDP, AV_TCP = (f"ext.av.stun-msturn.{port}.in@one"
                  for port in ("udp3478", "tcp443"))
UNSEEN = [f"cert.{row}@one=unobserved" for row in (
    "ext.assign.access", "ext.san.sip", "ext.sn")]


class Scene:
    """The servers of one case; all stop when it ends."""

    def __init__(self, here):
        self.here = here
        self.listeners, self.config, self.names = [], HAPROXY, []

    def haproxy(self, form, name, address, port, **settings):
        settings = {"behind": BEHIND, "asking": "", "options": "", **settings}
        settings = {key: text.format(files=self.here.files)
                    for key, text in settings.items()}
        self.config += form.format(name=name, address=address, port=port,
                                   files=self.here.files, **settings)
        self.listeners.append((address, port))
        return self

    def usual(self, *absent):
        """The listeners that a case does not want otherwise."""
        for name, port in (("access", 443), ("federation", 5061)):
            if name not in absent:
                self.haproxy(OFFLOAD, name, ACCESS, port,
                             asking="" if port == 443 else ASKING)
        return self.haproxy(SILENT, "webconf", WEBCONF, 443, options=WITH_TLS)

    def server(self, name, command, *listeners):
        peers.start(self.here, name, command, *listeners)
        self.names.append(name)
        return self

    def look(self, av=AV):
        path = self.here.files / "haproxy.cfg"
        path.write_text(self.config, encoding="ascii")
        self.server("haproxy", ["haproxy", "-db", "-f", str(path)],
                    *self.listeners)
        topology = self.here.topology(TOPOLOGY.format(
            access=ACCESS, webconf=WEBCONF, av=av))
        self.here.start_dns(topology)
        document = self.here.document(
            "-t", topology, "--resolver", lab.RESOLVER, "--ca-file",
            self.here.files / "root.pem", "--timeout", "2",
            "--skip", "revocation")
        for name in self.names + ["dnsmasq"]:
            self.here.stop(name)
        return document


def check_haproxy(tally, here):
    document = Scene(here).usual().look()
    tally.check("a_proxy_that_does_all_as_it_should_is_found_healthy",
                peers.differences(document, [], []))
    tally.same("its_rows_are_verified", {
        "ext.access.sip-tls.tcp443.in", "ext.access.sip-mtls.tcp5061.in",
        "ext.webconf.psom-tls.tcp443.in"} - peers.verified(document), set())
    document = Scene(here).usual("federation").haproxy(
        OFFLOAD, "federation", ACCESS, 5061).look()
    tally.check("tls_offload_before_5061_is_named", peers.differences(
        document, [FEDERATION + "=warn"], ["federation.no-mutual-tls"]))
    document = Scene(here).usual("federation").haproxy(
        SILENT, "federation", ACCESS, 5061, options=WITH_TLS + " " + ASKING
        ).look()
    tally.check("a_mutual_tls_port_may_be_silent_after_its_refusal",
                peers.differences(document, [], []))


def check_balancer(tally, here):
    """It takes the connection, and has nobody to give it to."""
    document = Scene(here).usual("access").haproxy(
        PASSING, "access", ACCESS, 443, behind=NOBODY).look()
    tally.check("a_balancer_whose_members_are_dead_is_named",
                peers.differences(document, [SIGN_IN + "=blocked"] + UNSEEN,
                                  ["access.blocked"]))
    document = Scene(here).usual("access").haproxy(
        SILENT, "access", ACCESS, 443).look()
    tally.check("a_balancer_that_holds_connections_is_named",
                peers.differences(document, [SIGN_IN + "=blocked"] + UNSEEN,
                                  ["access.blocked"]))
    tally.check("its_remedy_speaks_of_the_balancer", [
        one["remedy"] for one in document["findings"]
        if "load balancer" not in one["remedy"]])


def check_openssl(tally, here):
    for version in ("tls1_2", "tls1_3"):
        scene = Scene(here).usual("federation").server("s_server", [
            "openssl", "s_server", "-accept", f"{ACCESS}:5061", "-rev",
            "-cert", here.files / "leaf.pem", "-key",
            here.files / "leaf.key", "-CAfile", here.files / "root.pem",
            "-Verify", "1", "-" + version], (ACCESS, 5061))
        tally.check(f"mutual_{version}_of_openssl_is_verified",
                    peers.differences(scene.look(), [], []))


def coturn(here, port, *options):
    return ["turnserver", "-n", "-L", OTHER_RELAY, "-p", str(port),
            "--lt-cred-mech", "--realm", "rtcmedia", "--user", "a:b",
            "--no-cli", "--no-dtls", "--no-stdout-log", "--log-file",
            "stdout", "--simple-log", "--userdb", str(here.files / "turndb"),
            "--pidfile", str(here.files / f"turn{port}.pid"), *options]


def check_coturn(tally, here):
    """It has no Magic Cookie, and no pseudo-TLS."""
    for name, options, tcp, causes in (
            ("plain", ["--no-tls"], "wrong", []),
            ("tls", ["--tls-listening-port", "443", "--cert",
                     str(here.files / "leaf.pem"), "--pkey",
                     str(here.files / "leaf.key")], "wrong",
             ["av.real-tls"])):
        scene = Scene(here).usual()
        scene.server("coturn", coturn(here, 3478, "--no-tls"),
                     (OTHER_RELAY, 3478))
        scene.server("coturn-tcp", coturn(
            here, 443 if name == "plain" else 3479, "--no-udp", *options),
            (OTHER_RELAY, 443))
        document = scene.look(av=OTHER_RELAY)
        tally.check(f"a_turn_server_of_another_make_is_named_{name}",
                    peers.differences(
                        document, [AV_UDP + "=wrong", f"{AV_TCP}={tcp}"],
                        ["av.standard-turn", *causes]))
        tally.check(f"and_told_to_be_one_{name}", [
            one["because"] for one in document["verdicts"]
            if one.get("flow") == AV_UDP.partition("@")[0] and one["needed"]
            and "TURN server" not in one["because"]])


def inside():
    tally = Tally()
    here = lab.Lab()
    peers.make_root(here)
    peers.make_certificate(here, names=NAMES)
    here.start_edge(here.topology(TOPOLOGY.format(
        access=BEHIND, webconf="192.0.2.25", av=AV)))
    check_haproxy(tally, here)
    check_balancer(tally, here)
    check_openssl(tally, here)
    check_coturn(tally, here)
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("haproxy", "turnserver", "dnsmasq")
    lab.run_inside(__file__, inside)
