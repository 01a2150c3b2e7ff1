#!/usr/bin/env python3
"""coturn_lab.py - coturn where an A/V Edge should be, and as what it is.

edgeturn and edgeprobe, which ask an A/V Edge, say of it over UDP and over TCP
that it is a TURN server of another make; with --rfc edgeturn allocates there
and sends packets through it and back. edgesim beside it is told from it.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

TURN = lab.BUILD / "san/edgeturn"
COTURN, EDGE = "192.0.2.54", "192.0.2.30"
USER, PASSWORD = "alice", "correct horse"
WAYS = {"udp": ("msturn-relay", "ext.av.stun-msturn.udp3478.in"),
        "tcp": ("msturn-relay-tcp", "ext.av.stun-msturn.tcp443.in")}
TOPOLOGY = f"""[deployment]
product = sfb2015
topology = single-public
sip-domains = contoso.com
features = av
[edge one]
av = {COTURN}
"""
# A pool's, as coturn would never have given them out.
PRODUCT = """\
username = AQAAIAAAAAAAAAAAfO1YIqGRfRVsFfzTGuUlYSJmkucJ8l35ppIfrPv1xHGAaqGY65\
oTkg==
password = 77PcwbJQDMfW9ke4gfWysZmeYOo=
"""
STANDARD = "turn-username = {}\nturn-password = {}\n"


def write(here, name, text):
    path = here.files / name
    path.write_text(text, encoding="ascii")
    path.chmod(0o600)
    return path


def start_coturn(here, port, *options):
    peers.start(here, f"coturn{port}", [
        "turnserver", "-n", "-L", COTURN, "-E", COTURN, "-p", str(port),
        "--lt-cred-mech", "--realm", "contoso.com", "--user",
        f"{USER}:{PASSWORD}", "--no-cli", "--no-tls", "--no-dtls",
        "--allow-loopback-peers", "--no-stdout-log", "--log-file", "stdout",
        "--simple-log", "--userdb", here.files / f"turndb{port}",
        "--pidfile", here.files / f"turn{port}.pid", *options],
        (COTURN, port))


def turn(address, *arguments):
    """(exit code, document)"""
    done = subprocess.run(
        [str(word) for word in (TURN, address, "--timeout", "2", "-o",
                                "json", *arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
        env=lab.ENVIRONMENT, timeout=60)
    return done.returncode, json.loads(done.stdout)


def findings(document):
    return {one["id"]: one["nodes"] for one in document["findings"]
            if one["severity"] != "info"}


def seen(document, probe):
    return [one for one in document["observations"] if one["probe"] == probe]


def named_problems(document, ways, node=COTURN):
    """What is wrong where coturn is to be named, by these ways, alone."""
    found = findings(document)
    if found != {"av.standard-turn": [node]}:
        yield f"found {found}"
    for way in ways:
        said = [one["because"] for one in document["verdicts"]
                if one.get("flow") == WAYS[way][1] and one["needed"]]
        if not said or not all("STUN or TURN server of another make" in one
                               for one in said):
            yield f"{way}: {said}"


def check_named(tally, product):
    for ways in (["udp"], ["tcp"], ["udp", "tcp"]):
        code, document = turn(COTURN, "--credentials", product,
                              *(f"--{way}" for way in ways))
        granted = [way for way in ways
                   if seen(document, WAYS[way][0])[0]["facts"].get(
                       "turn.lifetime_s")]
        tally.check(f"edgeturn_says_what_it_is_over_{'_and_'.join(ways)}", [
            *named_problems(document, ways),
            *([] if code == 2 else [f"exit {code}"]),
            *(f"granted over {way}" for way in granted)])


def check_probe(tally, here):
    document = here.document(
        "-t", here.topology(TOPOLOGY), "--resolver", lab.RESOLVER,
        "--timeout", "2", "--only", "av")
    tally.check("edgeprobe_says_so_as_well", [
        *named_problems(document, WAYS, "one"),
        *([] if document["exit"] == 2 else [f"exit {document['exit']}"])])


def check_neighbour(tally, here):
    """Beside it stands an A/V Edge, of which nothing of the kind is said."""
    code, document = turn(EDGE, "--credentials",
                          here.files / "edge.credentials")
    tally.check("an_av_edge_is_told_from_it", [
        *([f"{findings(document)}"] if findings(document) else []),
        *([f"exit {code}"] if code else []),
        *([] if not seen(document, "recognise-turn") else ["asked twice"])])


def path_problems(document, way):
    """What was allocated, what went through it both ways, and came back."""
    suffix = "" if way == "udp" else "-tcp"
    allocation = seen(document, f"turn-relay{suffix}")
    path = [one for one in document["observations"]
            if one["probe"].startswith("relay-path")]
    if not allocation or allocation[0]["outcome"] != "answered":
        yield f"allocation: {allocation}"
        return
    relayed = allocation[0]["facts"].get("turn.mapped_address") or "nothing"
    if not relayed.startswith(COTURN + ":"):
        yield f"relayed {relayed}"
    facts = path[0]["facts"] if path else {}
    if not facts.get("relay.sent") or not (
            facts["relay.sent"] == facts.get("relay.out")
            == facts.get("relay.back")):
        yield f"the path: {path}"


def check_standard(tally, here):
    good = write(here, "good", STANDARD.format(USER, PASSWORD))
    for way in WAYS:
        code, document = turn(COTURN, "--rfc", f"--{way}", "--credentials",
                              good)
        tally.check(f"with_rfc_packets_come_back_through_it_over_{way}", [
            *path_problems(document, way),
            *([] if code == 0 else [f"exit {code}"])])
    wrong = write(here, "wrong", STANDARD.format(USER, "wrong horse"))
    code, document = turn(COTURN, "--rfc", "--udp", "--credentials", wrong)
    tally.check("and_not_with_another_password", [
        "granted" for one in seen(document, "turn-relay")
        if one["facts"].get("turn.lifetime_s")] + (
        [] if seen(document, "turn-relay") and code else [f"exit {code}"]))


def inside():
    tally = Tally()
    here = lab.Lab()
    here.start_edge(here.topology(), options=[
        "--credentials-out", here.files / "edge.credentials"])
    here.start_dns(here.topology(TOPOLOGY))
    start_coturn(here, 3478)
    start_coturn(here, 443, "--no-udp")
    check_named(tally, write(here, "product", PRODUCT))
    check_probe(tally, here)
    check_neighbour(tally, here)
    check_standard(tally, here)
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("turnserver", "dnsmasq")
    lab.run_inside(__file__, inside)
