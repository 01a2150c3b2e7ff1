#!/usr/bin/env python3
"""inside_lab.py - edgesim --inside serves what an Edge has inside.

Asked by clients of other makes: openssl s_client, curl, and the MSTURN client
of the labs; at each node of samples with DNS load balancing, NAT and a load
balancer. Every port is silent, shut and healthy in turn, at one node alone.
"""

import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import turn_client as turn  # noqa: E402
from tally import Tally  # noqa: E402

EXAMPLES = lab.ROOT / "man/examples"
NAME = "sfbedge.contoso.net"
EDGE1, EDGE2, VIP = "172.25.33.10", "172.25.33.11", "172.25.33.50"
MORE = [EDGE1, EDGE2, VIP, "192.0.2.50", "192.0.2.51", "192.0.2.52"]
PEER = "192.0.2.54"
PATIENCE_S, SILENCE_S = 8, 0.3
MUTUAL = 5061, 5062, 8057  # wherever the features are the usual ones
XMPP, REPLICA, LOGGING = 23456, 4443, (50001, 50002, 50003)
PREAMBLE = (b"\x00\x01\x00\x01\x02\x02\x16net.tcp://edge/logging"
            b"\x03\x08\x09\x13application/ssl-tls")
HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
          "xmlns:stream='http://etherx.jabber.org/streams' "
          "xmlns:db='jabber:server:dialback' from='fe1.contoso.net' "
          "to='contoso.com' version='1.0'>")
OPTIONS = "\r\n".join([
    "OPTIONS sip:{0} SIP/2.0", "Via: SIP/2.0/TLS 10.1.0.11:5061;"
    "branch=z9hG4bK1", "Max-Forwards: 70", "From: <sip:fe1.contoso.net>;tag=1",
    "To: <sip:{0}>", "Call-ID: 1@fe1.contoso.net", "CSeq: 1 OPTIONS",
    "Content-Length: 0", "", ""])

# Key of a listener, its transport and port.
LISTENERS = {
    "sip": ("tls", 5061), "mras": ("tls", 5062), "psom": ("tls", 8057),
    "xmpp": ("tls", XMPP), "av-udp": ("udp", 3478), "av-tcp": ("hello", 443),
    "https": ("tls", REPLICA), "log-1": ("framing", 50001),
    "log-2": ("framing", 50002), "log-3": ("framing", 50003),
}


class Deployment:
    """edgesim in the lab, and whom it is asked by."""

    def __init__(self):
        self.here = lab.Lab()
        self.file = self.here.files / "credentials"
        self.own = self.here.files / "fe1.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=fe1.contoso.net", "-keyout", self.own, "-out",
             self.here.files / "fe1.crt"], check=True, capture_output=True)
        with open(self.own, "ab") as own:
            own.write((self.here.files / "fe1.crt").read_bytes())

    def start(self, sample, faults=(), text=None):
        if "edgesim" in self.here.processes:
            self.here.stop("edgesim")
            if self.here.processes["edgesim"].returncode:
                log = self.here.files / "edgesim.log"
                raise RuntimeError(log.read_text(errors="replace"))
        self.here.start_edge(
            self.here.topology(text, sample), faults,
            ["--inside", "--credentials-out", self.file])

    def client(self, how, node):
        line, port = {"udp": (turn.UdpLine, 3478),
                      "tcp": (turn.TcpLine, 443)}[how]
        return turn.Client(line((node, port)),
                           turn.read_credentials(self.file))


def shake(deployment, node, port, say="", until="\n", own=True):
    """What openssl s_client shows of a port, as far as until."""
    command = ["openssl", "s_client", "-connect", f"{node}:{port}",
               "-CAfile", deployment.here.roots, "-verify_return_error",
               "-verify_hostname", NAME, "-servername", NAME]
    if own:
        command += ["-cert", deployment.own, "-key", deployment.own]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    alarm = threading.Timer(PATIENCE_S, process.kill)
    alarm.start()
    shown = b""
    try:
        process.stdin.write(say.encode())
        process.stdin.flush()
        while until.encode() not in shown:
            more = process.stdout.read1(65536)
            if not more:
                break
            shown += more
    finally:
        alarm.cancel()
        process.kill()
        process.communicate()
    return shown.decode(errors="replace")


ASKED = "Acceptable client certificate CA names"


def mutual_problems(deployment, node, port):
    """Mutual TLS with the certificate of the pool, and none without."""
    shown = shake(deployment, node, port, until="Verify return code")
    if "Verification: OK" not in shown or f"CN = {NAME}" not in shown:
        yield f"{node}:{port} with a certificate:\n{shown}"
    if ASKED not in shown:
        yield f"{node}:{port} does not ask for a certificate"
    shown = shake(deployment, node, port, own=False, until="errno")
    if "alert handshake failure" not in shown:
        yield f"{node}:{port} without a certificate:\n{shown}"


def sip_problems(deployment, node):
    for target, status in ((NAME, "200 OK"),
                           ("edgeprobe.invalid", "504 Server time-out")):
        shown = shake(deployment, node, 5061, OPTIONS.format(target),
                      until="Content-Length: 0")
        if f"SIP/2.0 {status}\r\n" not in shown:
            yield f"{node}: OPTIONS to {target}: no {status}:\n{shown}"
        if "RemoteUser" in shown:
            yield f"{node}: takes a server for a remote user"


def curl(deployment, node, path, scheme="https"):
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--max-time", str(PATIENCE_S),
         "--cacert", deployment.here.roots, "--resolve",
         f"{NAME}:{REPLICA}:{node}", "-o", "/dev/null", "-w", "%{http_code}",
         f"{scheme}://{NAME}:{REPLICA}{path}"], check=False,
        capture_output=True, text=True)
    return done.stdout if not done.returncode else done.stderr.strip()


def replica_problems(deployment, node):
    for path, status in (("/", "404"), ("/ReplicationWebService", "200")):
        got = curl(deployment, node, path)
        if got != status:
            yield f"{node}: {path}: {got} instead of {status}"
    shown = shake(deployment, node, REPLICA, own=False,
                  until="Verify return code")
    if "Verification: OK" not in shown or ASKED in shown:
        yield f"{node}: {REPLICA} asks for a certificate:\n{shown}"


def xmpp_problems(deployment, node):
    shown = shake(deployment, node, XMPP, HEADER, until="</stream:features>")
    if "<mechanism>EXTERNAL</mechanism>" not in shown:
        yield f"{node}: XMPP inside: {shown}"
    if "starttls" in shown:
        yield f"{node}: offers TLS inside of TLS"


def logging_problems(deployment, node, port):
    context = ssl.create_default_context(cafile=deployment.here.roots)
    context.load_cert_chain(deployment.own)
    with socket.create_connection((node, port), PATIENCE_S) as plain:
        plain.sendall(PREAMBLE)
        answer = plain.recv(1)
        if answer != b"\x0a":
            yield f"{node}:{port}: answers the preamble with {answer}"
            return
        with context.wrap_socket(plain, server_hostname=NAME) as line:
            if not line.version():
                yield f"{node}:{port}: no TLS behind the preamble"


def relay_problems(deployment, node, how, itself, relayed):
    """An allocation and a packet each way; itself is Alternate Server."""
    kind = socket.SOCK_DGRAM if how == "udp" else socket.SOCK_STREAM
    client = deployment.client(how, node)
    try:
        challenge = client.challenge()
        port = client.line.relay[1]
        if challenge.address(turn.ALTERNATE) != (itself, port):
            yield f"{node}: {how}: Alternate Server " \
                  f"{challenge.address(turn.ALTERNATE)}"
        place = client.allocate().address(turn.MAPPED)
        if place[0] != relayed or not 50000 <= place[1] < 60000:
            yield f"{node}: {how}: relays {place}"
        if how == "udp":
            with socket.socket(socket.AF_INET, kind) as peer:
                peer.bind((PEER, 0))
                peer.settimeout(PATIENCE_S)
                client.send(peer.getsockname(), b"from inside")
                data, source = peer.recvfrom(100)
                peer.sendto(b"from outside", source)
                if data != b"from inside" or source[1] != place[1] or \
                        client.indication()[1] != b"from outside":
                    yield f"{node}: {data} from {source}"
        client.release()
    finally:
        client.line.close()


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    try:
        context.wrap_bio(incoming, outgoing, server_hostname=NAME
                         ).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


FIRST_WORDS = {
    "tls": client_hello(), "hello": turn.CLIENT_HELLO, "framing": PREAMBLE,
    "udp": turn.encode(turn.ALLOCATE, [(turn.VERSION, b"\x00\x00\x00\x01")]),
}


def conduct(node, key):
    """"refused", "mute" or "answers"."""
    how, port = LISTENERS[key]
    kind = socket.SOCK_DGRAM if how == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.connect((node, port))
            line.sendall(FIRST_WORDS[how])
            line.settimeout(SILENCE_S)
            return "answers" if line.recv(1500) else "closed"
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "mute"


def conducts(node, wanted):
    """What is otherwise than wanted, {key: conduct}; patient with answers."""
    deadline = time.monotonic() + PATIENCE_S
    for key, expected in wanted.items():
        got = conduct(node, key)
        while got == "mute" != expected and time.monotonic() < deadline:
            got = conduct(node, key)
        if got != expected:
            yield f"{node}: {key} is {got}, not {expected}"


def all_are(state, *other):
    return {key: "refused" if key in other else state for key in LISTENERS}


NOT_2019 = "xmpp", "log-1", "log-2", "log-3"


def check_pool(tally, deployment):
    """The newest product, by DNS load balancing with public addresses."""
    deployment.start(EXAMPLES / "scaled-dnslb-public.conf")
    for node, relayed in ((EDGE1, "192.0.2.30"), (EDGE2, "192.0.2.31")):
        tally.check(f"listens_as_the_product_does_{node}",
                    conducts(node, all_are("answers", *NOT_2019)))
        for port in MUTUAL:
            tally.check(f"mutual_tls_{node}_{port}",
                        mutual_problems(deployment, node, port))
        tally.check(f"sip_is_answered_{node}", sip_problems(deployment, node))
        tally.check(f"the_replica_speaks_https_{node}",
                    replica_problems(deployment, node))
        for how in ("udp", "tcp"):
            tally.check(f"relays_from_inside_{node}_{how}", relay_problems(
                deployment, node, how, node, relayed))
    tally.check("what_is_inside_is_not_outside", (
        f"outside: {key} is {state}"
        for key in ("mras", "psom", "https")
        for state in [conduct("192.0.2.10", key)] if state != "refused"))


def check_nat(tally, deployment):
    deployment.start(EXAMPLES / "scaled-dnslb-nat.conf")
    for node, relayed in ((EDGE1, "192.0.2.30"), (EDGE2, "192.0.2.31")):
        for how in ("udp", "tcp"):
            tally.check(f"relays_behind_nat_{node}_{how}", relay_problems(
                deployment, node, how, node, relayed))


def check_balanced(tally, deployment):
    sample = EXAMPLES / "scaled-hlb.conf"
    deployment.start(sample)
    tally.check("no_vip_without_an_address",
                conducts(VIP, all_are("refused")))
    deployment.start(sample, text=sample.read_text(encoding="utf-8").replace(
        "[vip hlb]\n", f"[vip hlb]\ninternal = {VIP}\n"))
    tally.check("the_vip_has_access_and_av_alone", conducts(
        VIP, all_are("answers", *NOT_2019, "psom", "https")))
    for port in (5061, 5062):
        tally.check(f"mutual_tls_vip_{port}",
                    mutual_problems(deployment, VIP, port))
    for how in ("udp", "tcp"):
        tally.check(f"the_vip_names_the_node_behind_{how}", relay_problems(
            deployment, VIP, how, EDGE1, "192.0.2.30"))
    tally.check("nodes_have_all_beside_the_vip", conducts(
        EDGE2, all_are("answers", *NOT_2019)))


def check_whole(tally, deployment):
    """Where XMPP and central logging are on."""
    deployment.start(lab.INNER_SAMPLE)
    tally.check("all_listens", conducts(EDGE1, all_are("answers")))
    tally.check("xmpp_is_mutual", mutual_problems(deployment, EDGE1, XMPP))
    tally.check("xmpp_speaks_behind_tls", xmpp_problems(deployment, EDGE1))
    for port in LOGGING:
        tally.check(f"logging_goes_over_to_tls_{port}",
                    logging_problems(deployment, EDGE1, port))


def check_conduct(tally, deployment):
    """Each fault turns its port at its node; the others are the proof."""
    kinds = {"mute": "mute", "refuse": "refused"}
    for turned in (0, 1):
        wanted, faults = {}, []
        for number, key in enumerate(LISTENERS):
            kind = list(kinds)[(number + turned) % 2]
            wanted[key] = kinds[kind]
            faults.append(f"{kind}-int-{key}@edge2")
        deployment.start(lab.INNER_SAMPLE, faults)
        tally.check(f"faults_turn_their_port_{turned}",
                    conducts(EDGE2, wanted))
        tally.check(f"faults_spare_the_other_node_{turned}",
                    conducts(EDGE1, all_are("answers")))
    deployment.start(lab.INNER_SAMPLE, ["mute-int-av-udp@edge1"])
    tally.check("udp_may_be_mute_alone", conducts(
        EDGE1, {**all_are("answers"), "av-udp": "mute"}))
    tally.check("the_relay_outside_is_another", relay_problems(
        deployment, "192.0.2.30", "udp", "192.0.2.30", "192.0.2.30"))


def certificate_problems(deployment, node, said):
    for port in (*MUTUAL, XMPP, REPLICA):
        shown = shake(deployment, node, port, until="Verify return code")
        if said not in shown:
            yield f"{node}:{port}: not '{said}':\n{shown}"


def check_certificates(tally, deployment):
    faults = ["int-certificate-expired@edge1",
              "int-certificate-wrong-name@edge2"]
    deployment.start(lab.INNER_SAMPLE, faults)
    tally.check("expired", certificate_problems(
        deployment, EDGE1, "certificate has expired"))
    tally.check("wrong_name", certificate_problems(
        deployment, EDGE2, "hostname mismatch"))
    shown = shake(deployment, "192.0.2.10", 443, until="Verify return code")
    tally.check("outside_it_is_another",
                [] if "hostname mismatch" in shown and
                "CN = sip.contoso.com" in shown else [shown])
    deployment.start(lab.INNER_SAMPLE, [
        "int-certificate-unknown-ca@edge1", "int-plain-http@edge2",
        "int-no-certificate-request@edge2"])
    tally.check("unknown_ca", certificate_problems(
        deployment, EDGE1, "self-signed certificate in certificate chain"))
    shown = shake(deployment, EDGE2, 5061, OPTIONS.format(NAME), own=False,
                  until="Content-Length: 0")
    tally.check("no_certificate_request", [] if ASKED not in shown and
                "SIP/2.0 200 OK" in shown else [shown])
    tally.check("others_ask_still", mutual_problems(deployment, EDGE2, 5062))
    tally.check("plain_http", (
        f"{scheme}: {got}" for scheme, wanted in (("http", "200"),
                                                  ("https", "wrong version"))
        for got in [curl(deployment, EDGE2, "/ReplicationWebService", scheme)]
        if wanted not in got))


def check_words(tally, deployment):
    topology = deployment.here.topology(sample=lab.INNER_SAMPLE)
    done = subprocess.run(
        [str(deployment.here.edgesim), "-t", str(topology), "--fault",
         "mute-int-sip"], capture_output=True, text=True, check=False)
    wanted = "edgesim: --fault: 'mute-int-sip' needs --inside\n"
    tally.check("a_fault_inside_needs_the_inside",
                [] if done.returncode == 3 and done.stderr == wanted
                else [f"{done.returncode}: {done.stderr}"])


def inside():
    tally = Tally()
    deployment = Deployment()
    for check in (check_pool, check_nat, check_balanced, check_whole,
                  check_conduct, check_certificates, check_words):
        check(tally, deployment)
    deployment.here.alive("edgesim")
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside, more=MORE)
