#!/usr/bin/env python3
"""mras_lab.py - credentials from the A/V Authentication service, and back.

edgeturn asks edgesim inside for credentials, writes them, and looks at the
relay outside with them; so it does with a client's log in which the service's
response stands. What is refused is refused with a line that says why, and no
secret stands in any output.
"""

import base64
import pathlib
import re
import stat
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

TURN = lab.BUILD / "san/edgeturn"
SAMPLE = lab.ROOT / "man/examples/scaled-dnslb-public.conf"
DESK, DESKS = "172.25.33.10", ["172.25.33.10", "172.25.33.11"]
RELAY, PORT, SHUT = "192.0.2.30", 5062, 5063
URI = "sip:edge@contoso.com"
VERIFIED = ("av.allocates.udp", "av.allocates.tcp", "av.relay-address")

# As a client writes it down: its own lines, and what came between them.
LOG = """\
11/21/2026|10:00:00.101 1A2C:0B48 INFO  :: Data Received - 192.0.2.10:443 \
(To Local Address: 198.51.100.9:50505) 1200 bytes:
11/21/2026|10:00:00.101 1A2C:0B48 INFO  :: \r
SIP/2.0 200 OK\r
From: <sip:alice@contoso.com>;tag=1;epid=2\r
To: <sip:edge@contoso.com>;tag=3\r
Call-ID: 4\r
CSeq: 1 SERVICE\r
Via: SIP/2.0/TLS 198.51.100.9:50505;branch=z9hG4bK5\r
Content-Type: application/msrtc-media-relay-auth+xml\r
Content-Length: {length}\r
\r
{body}
11/21/2026|10:00:00.101 1A2C:0B48 INFO  :: End of Data Received - \
192.0.2.10:443 (To Local Address: 198.51.100.9:50505) 1200 bytes
"""
RESPONSE = """\
<?xml version="1.0"?>
<response xmlns="http://schemas.microsoft.com/2006/09/sip/mrasp" \
requestID="7" version="1.0" serverVersion="2.0" to="sip:edge@contoso.com" \
from="sip:alice@contoso.com" reasonPhrase="OK">\
<credentialsResponse credentialsRequestID="7"><credentials>\
<username>{username}</username><password>{password}</password>\
<duration>480</duration></credentials><mediaRelayList><mediaRelay>\
<location>internet</location><hostName>av.contoso.com</hostName>\
<udpPort>3478</udpPort><tcpPort>443</tcpPort></mediaRelay></mediaRelayList>\
</credentialsResponse></response>"""


class Desk:
    """edgeturn beside edgesim --inside; hears all that is said."""

    def __init__(self, here):
        self.here = here
        self.file = here.files / "my.credentials"
        self.heard = []

    def turn(self, *arguments):
        """(exit code, output, what was said on the side)"""
        done = subprocess.run(
            [str(word) for word in (TURN, "--timeout", "5", *arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
            stderr=subprocess.PIPE, text=True, timeout=60,
            env=lab.ENVIRONMENT)
        self.heard += [done.stdout, done.stderr]
        return done.returncode, done.stdout, done.stderr

    def get(self, *more, at=DESK, file=None, shows=True):
        certificate = ("--cert", self.here.files / "fe.pem", "--key",
                       self.here.files / "fe.key") if shows else ()
        return self.turn(
            f"--get-credentials={at}", "--mras-uri", URI, "--ca-file",
            self.here.roots, "--credentials", file or self.file,
            *certificate, *more)

    def secrets(self):
        return dict(re.findall(r"^(username|password) = (\S+)$",
                               self.file.read_text(encoding="ascii"), re.M))


def said_problems(done, code, *words):
    """What is wrong with a run that says one line and does no more."""
    got, out, err = done
    if got != code:
        yield f"exit {got}, not {code}"
    if out or err.count("\n") != 1 or not err.startswith("edgeturn: "):
        yield f"no single line: {out!r} {err!r}"
    yield from (f"no {word!r} in {err!r}" for word in words
                if word not in err)


def check_file(tally, desk):
    done = desk.get("-vv")
    mode = stat.S_IMODE(desk.file.stat().st_mode)
    tally.check("credentials_are_given_to_who_shows_a_certificate",
                said_problems(done, 0, str(desk.file), "good until 20"))
    tally.check("they_are_written_for_their_owner_alone", [
        *([] if mode == 0o600 else [f"mode {mode:o}"]),
        *([] if set(desk.secrets()) == {"username", "password"} else
          ["not whole"])])
    desk.file.unlink()
    done = desk.get(at=f"{DESKS[1]}:{PORT}")
    tally.check("so_they_are_by_the_other_node",
                said_problems(done, 0, str(desk.file), "good until 20"))


def look(desk, file):
    """The JSON of a look at the relay, and what is wrong with it."""
    code, out, err = desk.turn(RELAY, "--credentials", file, "-o", "json",
                               "-vv")
    states = dict(re.findall(r'"requirement":\s*"([^"]+)".*?"state":\s*'
                             r'"([^"]+)"', out, re.S))
    if code:
        yield f"exit {code}: {err}"
    yield from (f"{row} is {states.get(row)}" for row in VERIFIED
                if states.get(row) != "verified")


def check_look(tally, desk):
    tally.check("a_relay_is_verified_with_what_was_given_out",
                look(desk, desk.file))
    code, out, _ = desk.turn(RELAY, "--credentials", desk.file, "-v")
    tally.check("and_people_are_told_so", [
        *([] if code == 0 else [f"exit {code}"]),
        *([] if "through the relay" in out else [out])])


def write_log(desk, name, encoding="utf-8", **changed):
    body = RESPONSE.format(**{**desk.secrets(), **changed})
    path = desk.here.files / name
    path.write_text(LOG.format(length=len(body), body=body),
                    encoding=encoding, newline="")
    path.chmod(0o600)
    return path


def check_log(tally, desk):
    """What people have: the log of a client that has signed in."""
    for encoding in ("utf-8", "utf-16"):
        path = write_log(desk, f"{encoding}.uccapilog", encoding)
        tally.check(f"a_relay_is_verified_with_a_log_in_{encoding}",
                    look(desk, path))
    path = write_log(desk, "wrong.uccapilog",
                     password="AAECAwQFBgcICQoLDA0ODxAREhM=")
    code, out, _ = desk.turn(RELAY, "--credentials", path)
    tally.check("and_not_with_another_password_in_it", [
        f"exit {code}: {out}"] if code == 0 or "431" not in out else [])
    before = path.read_bytes()
    tally.check("a_log_is_never_written_over", [
        *said_problems(desk.get(file=path), 3, str(path),
                       "is no credentials file"),
        *([] if path.read_bytes() == before else ["written over"])])


def check_refusals(tally, desk):
    before = desk.file.read_bytes()
    tally.check("without_a_certificate_nobody_is_asked", said_problems(
        desk.get(shows=False), 3, "--get-credentials: give", "--cert"))
    tally.check("a_port_where_nobody_listens_is_named", said_problems(
        desk.get(at=f"{DESK}:{SHUT}"), 2, f"{DESK}:{SHUT}: connect: ",
        "nothing listens there"))
    tally.check("a_service_that_is_none_gives_nothing", said_problems(
        desk.get(at=f"{RELAY}:443"), 2, f"{RELAY}:443: handshake: "))
    tally.check("a_refusal_leaves_the_file_as_it_was", [
        "changed"] if desk.file.read_bytes() != before else [])


def shakes_hands(desk, *options):
    """Whether openssl, who is no client of ours, is let in."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{DESK}:{PORT}", "-tls1_2",
         "-CAfile", str(desk.here.roots), "-verify_return_error", *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
        stderr=subprocess.STDOUT, text=True, timeout=30)
    return "Verify return code: 0" in done.stdout and done.returncode == 0


def check_handshake(tally, desk):
    """The refusal of the service itself, and of nobody else."""
    certificate = ("-cert", str(desk.here.files / "fe.pem"),
                   "-key", str(desk.here.files / "fe.key"))
    tally.same("the_service_lets_in_who_shows_a_certificate",
               shakes_hands(desk, *certificate), True)
    tally.same("and_nobody_else", shakes_hands(desk), False)


def check_readers(tally, desk):
    for mode in (0o640, 0o604, 0o620):
        desk.file.chmod(mode)
        tally.check(f"a_file_of_mode_{mode:o}_is_refused", said_problems(
            desk.turn(RELAY, "--credentials", desk.file), 3,
            f"type: chmod 600 {desk.file}"))
    desk.file.chmod(0o400)
    tally.check("one_that_its_owner_alone_reads_is_not",
                look(desk, desk.file))


def check_secrecy(tally, desk, given):
    """Of all credentials that there were, in all that was said."""
    said = "\n".join(desk.heard)
    traced = "".join(re.findall(r"(?<= )[0-9a-f]{2}(?=\s)", said))
    problems = [] if "72c64bc6" in traced else ["no message is shown"]
    for name, value in (item for one in given for item in one.items()):
        octets = base64.b64decode(value).hex()
        if value[:24] in said or octets[-24:] in traced:
            problems.append(f"the {name} is told")
    tally.check("no_secret_was_said_aloud", problems)


def inside():
    tally = Tally()
    here = lab.Lab()
    desk = Desk(here)
    here.start_edge(here.topology(sample=SAMPLE), options=["--inside"])
    peers.openssl(here, "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                  "-days", "30", "-subj", "/CN=fe1.contoso.net", "-keyout",
                  "fe.key", "-out", "fe.pem")
    desk.get()
    given = [desk.secrets()]
    check_file(tally, desk)
    given.append(desk.secrets())
    check_look(tally, desk)
    check_log(tally, desk)
    check_refusals(tally, desk)
    check_handshake(tally, desk)
    check_readers(tally, desk)
    check_secrecy(tally, desk, given)
    here.alive("edgesim")
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("openssl")
    lab.run_inside(__file__, inside, more=DESKS)
