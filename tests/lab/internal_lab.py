#!/usr/bin/env python3
"""internal_lab.py - edgecheck --internal against the inside of edgesim.

Each sample is looked at when all is well, with its file and by its internal
name alone; each fault of the inside turns exactly the rows that it should, at
its node. With the certificate of a server that the Edge knows, and with one
that it does not ask for.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

EXAMPLES = lab.ROOT / "man/examples"
NAME = "sfbedge.contoso.net"
EDGE1, EDGE2, VIP = "172.25.33.10", "172.25.33.11", "172.25.33.50"
NODES = {EDGE1: "edge1", EDGE2: "edge2", VIP: "hlb"}
LIMITS = ["--timeout", "1", "--deadline", "20"]

SIP, MRAS = (f"int.{what}.in" for what in (
    "access.sip-mtls.tcp5061", "av-auth.sip-mtls.tcp5062"))
PSOM, XMPP = (f"int.{what}.in" for what in (
    "webconf.psom-mtls.tcp8057", "xmpp.xmpp-mtls.tcp23456"))
UDP, TCP = "int.av.stun-msturn.udp3478.in", "int.av.stun-msturn.tcp443.in"
HTTPS = "int.replication.https.tcp4443.in"
LOGS = [f"int.logging.mtls.tcp5000{n}.in" for n in (1, 2, 3)]
LISTENERS = {"sip": SIP, "mras": MRAS, "psom": PSOM, "xmpp": XMPP,
             "av-udp": UDP, "av-tcp": TCP, "https": HTTPS, "log-1": LOGS[0],
             "log-2": LOGS[1], "log-3": LOGS[2]}
EVERY_ROW = {*LISTENERS.values(), "a.edge-internal", "cert.int.sn",
             "cert.int.eku", "cert.int.assign", "cert.int.sound",
             "cert.int.same"}

# A fault at edge2, what turns there, and the findings.
FAULTS = [
    ("int-no-certificate-request",
     {SIP: "warn"},
     {"inside.no-mutual-tls"}),
    ("int-plain-http", {HTTPS: "wrong"}, {"inside.wrong-service"}),
    ("int-certificate-expired", {"cert.int.sound": "wrong"},
     {"cert.int.sound"}),
    ("int-certificate-wrong-name", {"cert.int.sn": "wrong"}, {"cert.int.sn"}),
    ("int-certificate-unknown-ca", {"cert.int.sound": "wrong"},
     {"cert.int.sound"}),
]
BLOCKED = {"sip": "inside.sip-blocked", "mras": "inside.mras-blocked",
           "psom": "inside.webconf-blocked", "xmpp": "inside.xmpp-blocked",
           "av-udp": "inside.av-udp-blocked",
           "av-tcp": "inside.av-tcp-blocked",
           "https": "inside.replica-blocked",
           "log-1": "inside.logging-blocked",
           "log-2": "inside.logging-blocked",
           "log-3": "inside.logging-blocked"}


class Deployment:
    """edgesim in the lab, and edgecheck beside it."""

    def __init__(self):
        self.here = lab.Lab()
        # the sanitized one is slow to answer while many tests run
        self.here.edgesim = lab.BUILD / "edgesim"
        self.own = self.here.files / "fe1.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=fe1.contoso.net", "-keyout", self.own, "-out",
             self.here.files / "fe1.crt"], check=True, capture_output=True)
        with open(self.own, "ab") as own:
            own.write((self.here.files / "fe1.crt").read_bytes())
        self.topology = None

    def start(self, sample, faults=(), text=None, addresses=(EDGE1, EDGE2)):
        for name in ("edgesim", "dnsmasq"):
            if name in self.here.processes:
                self.here.stop(name)
        self.topology = self.here.topology(text, sample)
        self.here.start_edge(self.topology, faults, ["--inside"])
        self.here.start_dns(self.topology, "".join(
            f"address=/{NAME}/{one}\n" for one in addresses))

    def check(self, *arguments):
        """Exit code, document, and what was said on the side."""
        done = subprocess.run(
            [str(lab.BUILD / "san/edgecheck"), "--internal", *LIMITS,
             "--resolver", lab.RESOLVER, "-o", "json",
             *map(str, arguments)], capture_output=True, text=True,
            check=False, timeout=60, env=lab.ENVIRONMENT)
        try:
            return done.returncode, json.loads(done.stdout), done.stderr
        except ValueError as why:
            raise RuntimeError(f"no JSON: {done.stderr}") from why

    def with_file(self, *more):
        return self.check("-t", self.topology, "--ca-file", self.here.roots,
                          *more)

    def by_name(self, *more):
        return self.check(NAME, "--ca-file", self.here.roots, *more)


def row_of(verdict):
    return verdict.get("flow") or verdict["requirement"]


def states_of(document):
    """{(row, node): state} of the needed verdicts."""
    return {(row_of(verdict), NODES.get(verdict["node"], verdict["node"])):
            verdict["state"] for verdict in document["verdicts"]
            if verdict["needed"]}


def trouble_in(document):
    return {key: state for key, state in states_of(document).items()
            if state != "verified"}


def healthy_problems(run, rows, nodes):
    """All of rows verified at all of nodes, and nothing else in trouble."""
    code, document, said = run
    states = states_of(document)
    if code or said:
        yield f"exit {code}: {said} {trouble_in(document)}"
    for row in rows:
        for node in nodes:
            if row == "a.edge-internal":
                node = "-"
            if states.get((row, node)) != "verified":
                yield f"{row} at {node}: {states.get((row, node))}"
    for verdict in document["verdicts"]:
        if verdict["needed"] and verdict["vantage"] not in ("inside", "plan"):
            yield f"seen from {verdict['vantage']}: {row_of(verdict)}"


def check_healthy(tally, deployment):
    common = EVERY_ROW - {XMPP, *LOGS}
    for sample, addresses in (("single-nat", [EDGE1]),
                              ("single-public", [EDGE1]),
                              ("scaled-dnslb-nat", [EDGE1, EDGE2]),
                              ("scaled-dnslb-public", [EDGE1, EDGE2])):
        deployment.start(EXAMPLES / f"{sample}.conf", addresses=addresses)
        nodes = [NODES[one] for one in addresses]
        tally.check(f"verifies_{sample}",
                    healthy_problems(deployment.with_file(), common, nodes))
        tally.check(f"verifies_{sample}_by_name",
                    healthy_problems(deployment.by_name(), common, nodes))


def check_balanced(tally, deployment):
    """Without an internal VIP nodes have all; with one it has its rows."""
    sample = EXAMPLES / "scaled-hlb.conf"
    at_nodes = {PSOM, UDP, TCP, HTTPS, "cert.int.sn"}
    deployment.start(sample)
    tally.check("verifies_nodes_behind_a_balancer", healthy_problems(
        deployment.with_file(), at_nodes, ["edge1", "edge2"]))
    deployment.start(sample, text=sample.read_text(encoding="utf-8").replace(
        "[vip hlb]\n", f"[vip hlb]\ninternal = {VIP}\n"), addresses=[VIP])
    run = deployment.with_file()
    tally.check("verifies_nodes_beside_the_vip", healthy_problems(
        run, at_nodes, ["edge1", "edge2"]))
    tally.check("verifies_the_vip", healthy_problems(
        run, {SIP, MRAS, UDP, TCP}, ["hlb"]))
    asked = {(seen["probe"] == "port", seen["endpoint"]["port"])
             for seen in run[1]["observations"]
             if seen["endpoint"]["address"] == VIP}
    tally.same("asks_the_vip_for_nothing_else_but_whether_it_is_shut", asked, {
        *((False, port) for port in (5061, 5062, 443, 3478)),
        *((True, port) for port in (8057, 23456, 4443))})


def check_identity(tally, deployment):
    """Who shows a certificate hears what is behind."""
    deployment.start(lab.INNER_SAMPLE)
    run = deployment.with_file("--cert", deployment.own)
    tally.check("verifies_all_with_a_certificate", healthy_problems(
        run, EVERY_ROW, ["edge1", "edge2"]))
    heard = [seen for seen in run[1]["observations"]
             if seen["probe"] == "sip-options-control"
             and seen["outcome"] == "answered"]
    tally.check("hears_sip_at_5061_and_5062", [] if len(heard) == 4 else
                [f"{len(heard)} answers"])
    run = deployment.with_file("--cert", deployment.own, "--mras-uri",
                               "sip:edge@contoso.com")
    tally.check("credentials_of_one_node_serve_at_all", healthy_problems(
        run, {"int.av.allocates.udp", "int.av.allocates.tcp"},
        ["edge1", "edge2"]))
    asked = [seen for seen in run[1]["observations"]
             if seen["probe"] == "mras"]
    tally.check("asks_one_node_for_credentials", [] if len(asked) == 1 and
                states_of(run[1]).get(("int.mras.grants", "edge1"))
                == "verified" else [f"{asked}"])
    done = subprocess.run(
        [str(lab.BUILD / "san/edgecheck"), "--internal", NAME, "--cert",
         str(deployment.here.roots), "--key", str(deployment.own)],
        capture_output=True, text=True, check=False, env=lab.ENVIRONMENT)
    tally.check("refuses_a_key_of_another",
                [] if done.returncode == 3 and "edgecheck: " in done.stderr
                and not done.stdout else [done.stderr])


def check_whole(tally, deployment):
    deployment.start(lab.INNER_SAMPLE)
    tally.check("verifies_xmpp_and_logging", healthy_problems(
        deployment.with_file(), EVERY_ROW, ["edge1", "edge2"]))
    run = deployment.check(NAME)
    states = states_of(run[1])
    unseen = {key: state for key, state in states.items()
              if key[0] == "cert.int.sound"}
    tally.check("says_nothing_of_a_private_ca",
                [] if run[0] == 0 and not unseen else [f"{run[0]} {unseen}"])
    tally.check("says_what_it_takes_for_granted", [
        text for text in ("product ", "kind scaled-dnslb-public by 2",
                          "taken to be installed")
        if not any(text in said for said in run[1]["inferred"])])


def fault_problems(run, wanted, findings):
    _, document, _ = run
    wanted = {(row, "edge2"): state for row, state in wanted.items()}
    got = trouble_in(document)
    if got != wanted:
        yield f"{got}, not {wanted}"
    told = {finding["id"] for finding in document["findings"]
            if finding["severity"] != "info"}
    if told != findings:
        yield f"findings {sorted(told)}, not {sorted(findings)}"


def check_faults(tally, deployment):
    for fault, wanted, findings in FAULTS:
        deployment.start(lab.INNER_SAMPLE, [f"{fault}@edge2"])
        tally.check(f"fault_{fault}", fault_problems(
            deployment.with_file(), wanted, findings))


def check_silence(tally, deployment):
    """Each port silent and shut in turn, two at a time."""
    pairs = [("sip", "av-udp"), ("mras", "log-1"), ("psom", "log-2"),
             ("xmpp", "log-3"), ("https", "av-tcp")]
    for kind in ("mute", "refuse"):
        for pair in pairs:
            deployment.start(lab.INNER_SAMPLE, [
                f"{kind}-int-{key}@edge2" for key in pair])
            # a silent listener of logging keeps the connection, as it may
            wanted = {LISTENERS[key]: "blocked" for key in pair
                      if kind == "refuse" or not key.startswith("log")}
            run = deployment.with_file()
            got = {key: state for key, state in trouble_in(run[1]).items()
                   if not key[0].startswith("cert.")}
            expected = {(row, "edge2"): state
                        for row, state in wanted.items()}
            tally.check(f"{kind}_{'_'.join(pair)}",
                        [] if got == expected else [f"{got}"])
            told = {finding["id"] for finding in run[1]["findings"]}
            tally.check(f"{kind}_{'_'.join(pair)}_is_told", [
                BLOCKED[key] for key in pair
                if LISTENERS[key] in wanted and BLOCKED[key] not in told])


def check_names(tally, deployment):
    """DNS inside: a node left out, a stranger's address, no such name."""
    for what, addresses, sentence in (
            ("a_node_left_out", [EDGE1], "does not give 172.25.33.11"),
            ("a_strange_address", [EDGE1, EDGE2, "192.0.2.55"],
             "192.0.2.55, which the topology does not know"),
            ("no_such_name", [], "")):
        deployment.start(EXAMPLES / "scaled-dnslb-nat.conf",
                         addresses=addresses)
        _, document, _ = deployment.with_file()
        said = [verdict["because"] for verdict in document["verdicts"]
                if row_of(verdict) == "a.edge-internal"
                and verdict["state"] == "wrong"]
        tally.check(f"names_{what}",
                    [] if said and sentence in said[0] else [f"{said}"])
    code, document, _ = deployment.by_name()
    tally.check("without_an_address_all_rests_on_dns", [] if code == 2 and
                ("a.edge-internal", "-") in trouble_in(document) and
                not any(verdict["state"] == "blocked"
                        for verdict in document["verdicts"]) else [f"{code}"])


def check_again(tally, deployment):
    """A saved run says the same when it is judged again."""
    deployment.start(lab.INNER_SAMPLE, ["refuse-int-mras@edge2"])
    for what, run, more in (
            ("with_a_file", deployment.with_file(),
             ["-t", deployment.topology]),
            ("by_name", deployment.by_name(), [])):
        again = deployment.here.judged_again(run[1], *more)
        tally.check(f"judged_again_{what}", [] if states_of(again) ==
                    states_of(run[1]) else
                    [f"{trouble_in(again)}, not {trouble_in(run[1])}"])


def inside():
    tally = Tally()
    deployment = Deployment()
    for check in (check_healthy, check_balanced, check_whole, check_identity,
                  check_faults, check_silence, check_names, check_again):
        check(tally, deployment)
    deployment.here.alive("edgesim")
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside, more=[
        EDGE1, EDGE2, VIP, *(f"192.0.2.{n}" for n in (50, 51, 52))])
