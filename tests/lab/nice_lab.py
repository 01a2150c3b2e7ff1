#!/usr/bin/env python3
"""nice_lab.py - libnice as a client of edgesim's relay.

tests/peers/nice_client.c allocates as Communicator 2007 and 2007 R2 do, over
UDP and through the pseudo-TLS hello; then two of it, which know nothing but
each other's relayed addresses, say hello through them. Over TCP that is done
again and again: who of the two sends first is chance.
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from relay_lab import INSIDE, NAT, ports_left, wait_for  # noqa: E402
from tally import Tally  # noqa: E402

CLIENT = lab.BUILD / "tests/peers/nice_client"
NODE, FOREIGN = "192.0.2.30", "203.0.113.77"
PORTS = {"udp": 3478, "tcp": 443}
DIALECTS = "oc2007", "oc2007r2"
RANGE = range(50000, 60000)
RELAYED = re.compile(r"^relayed (\S+) (\S+):(\d+)$", re.M)
HELLOS = "a received: hello from b", "b received: hello from a"
TRANSLATED = f"""
table ip translate {{
    chain out {{
        type nat hook output priority -100;
        ip daddr {NODE} dnat to {INSIDE}
    }}
}}
"""
TIMES = {"udp": 2, "tcp": 8}
LIMIT_S = 60


class Nice:
    """nice_client in the lab; each run gives its exit code and its lines."""

    def __init__(self, here):
        self.here = here
        self.credentials = here.files / "credentials"

    def start(self, *faults, sample=lab.SAMPLE):
        self.credentials.unlink(missing_ok=True)
        self.here.start_edge(self.here.topology(sample=sample), faults, [
            "--credentials-out", self.credentials])

    def restart(self, *faults, sample=lab.SAMPLE):
        self.here.stop("edgesim")
        self.start(*faults, sample=sample)

    def run(self, how, dialect, *more, credentials=None):
        done = subprocess.run(
            [CLIENT, how, NODE, str(PORTS[how]),
             credentials or self.credentials, dialect, *more],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, text=True,
            timeout=LIMIT_S, env=lab.ENVIRONMENT)
        return done.returncode, done.stdout


def candidates(said):
    """{(transport, address, port)} without the roles that TCP has."""
    return {(transport.split("-")[0], address, int(port))
            for transport, address, port in RELAYED.findall(said)}


def problems_of(how, code, said, count):
    """What is wrong with a run that should have been granted count ports."""
    relayed = candidates(said)
    if code or len(relayed) != count:
        yield f"exit {code}, not {count} candidates: {said}"
    for transport, address, port in relayed:
        if (transport, address) != (how, NODE) or port not in RANGE:
            yield f"{transport} {address}:{port} is relayed"


def left_behind():
    return [] if wait_for(lambda: not ports_left()) else [
        f"ports left: {ports_left()}"]


def check_allocate(tally, nice, how, dialect):
    code, said = nice.run(how, dialect)
    tally.check(f"{dialect}_is_granted_a_port_of_the_range_over_{how}", [
        *problems_of(how, code, said, 1), *left_behind()])


def check_exchange(tally, nice, how, dialect):
    problems = []
    for _ in range(TIMES[how]):
        code, said = nice.run(how, dialect, "exchange")
        problems += problems_of(how, code, said, 2)
        problems += [f"no {hello!r}: {said}" for hello in HELLOS
                     if hello not in said]
    tally.check(f"{dialect}_hears_another_through_the_relay_over_{how}",
                [*problems, *left_behind()])


def check_password(tally, nice, how, dialect):
    """The integrity is libnice's own work, and edgesim's own judgement."""
    lines = nice.credentials.read_text(encoding="ascii").splitlines()
    wrong = nice.here.files / "wrong"
    wrong.write_text("".join(
        "password = AAECAwQFBgcICQoLDA0ODxAREhM=\n"
        if line.startswith("password") else line + "\n" for line in lines),
        encoding="ascii")
    code, said = nice.run(how, dialect, credentials=wrong)
    tally.check(f"a_wrong_password_grants_{dialect}_nothing_over_{how}", [
        *([] if code == 1 else [f"exit {code}"]),
        *([said] if candidates(said) else [])])


def check_faults(tally, nice):
    """libnice sees them as well."""
    for fault, what in (
            ("av-relay-outside-range",
             lambda address, port: address == NODE and port not in RANGE),
            ("av-relay-elsewhere",
             lambda address, port: address == FOREIGN and port in RANGE)):
        nice.restart(fault)
        for how in PORTS:
            _, said = nice.run(how, DIALECTS[1])
            tally.check(f"libnice_sees_{fault}_over_{how}", [] if [
                what(*one[1:]) for one in candidates(said)] == [True]
                else [said])


def check_nat(tally, nice):
    """A node that does not have its public address grants it all the same."""
    nice.restart(sample=NAT)
    subprocess.run(["nft", "-f", "-"], input=TRANSLATED, check=True,
                   text=True, env=lab.ENVIRONMENT)
    for how in PORTS:
        code, said = nice.run(how, DIALECTS[1])
        tally.check(f"a_node_behind_nat_grants_its_public_one_over_{how}",
                    problems_of(how, code, said, 1))


def inside():
    tally = Tally()
    nice = Nice(lab.Lab())
    nice.start()
    for how in PORTS:
        for dialect in DIALECTS:
            check_allocate(tally, nice, how, dialect)
            check_exchange(tally, nice, how, dialect)
            check_password(tally, nice, how, dialect)
    check_faults(tally, nice)
    check_nat(tally, nice)
    nice.here.alive("edgesim")
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("nft")
    lab.run_inside(__file__, inside)
