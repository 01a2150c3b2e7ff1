#!/usr/bin/env python3
"""xmpp_lab.py - the xmpp probe against a real server, prosody.

prosody stands beside edgesim in the place of an Edge Server's XMPP proxy, for
one domain, with a throw-away certificate; what edgeprobe observes and makes
of it is compared. Then the same without TLS, and with another domain.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

SERVER = "192.0.2.54"
DOMAIN = "contoso.com"
TOPOLOGY = f"""[deployment]
product = sfb2015
topology = single-public
sip-domains = {DOMAIN}
features = remote-access webconf av federation xmpp
[edge one]
access = 192.0.2.10
webconf = 192.0.2.20
av = 192.0.2.30
xmpp = {SERVER}
"""
PROSODY = """\
daemonize = false
run_as_root = true
pidfile = "{files}/prosody.pid"
data_path = "{files}/data"
log = {{ info = "*console" }}
interfaces = {{ "{address}" }}
c2s_ports = {{ }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ 5269 }}
http_ports = {{ }}
https_ports = {{ }}
modules_enabled = {{ {modules} }}
modules_disabled = {{ "c2s", "http", "posix" }}
authentication = "internal_hashed"
s2s_require_encryption = {encryption}
ssl = {{ certificate = "{files}/leaf.pem"; key = "{files}/leaf.key" }}
VirtualHost "{domain}"
"""
NAMES = f"DNS:{DOMAIN},DNS:xmpp.{DOMAIN},DNS:*.{DOMAIN}"


def openssl(here, *arguments):
    subprocess.run(["openssl", *arguments], cwd=here.files, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificate(here):
    """A root, and a leaf of it with the names that XMPP needs."""
    openssl(here, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
            "90", "-subj", "/CN=Lab Root", "-keyout", "root.key", "-out",
            "root.pem")
    openssl(here, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj",
            f"/CN=sip.{DOMAIN}", "-keyout", "leaf.key", "-out", "leaf.csr")
    (here.files / "leaf.ext").write_text(
        f"subjectAltName={NAMES}\nextendedKeyUsage=serverAuth\n",
        encoding="ascii")
    openssl(here, "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem",
            "-CAkey", "root.key", "-CAcreateserial", "-days", "60",
            "-extfile", "leaf.ext", "-out", "leaf.pem")


def listens():
    with socket.socket() as asking:
        asking.settimeout(0.2)
        return asking.connect_ex((SERVER, 5269)) == 0


def start_prosody(here, domain=DOMAIN, tls=True):
    config = here.files / "prosody.cfg.lua"
    (here.files / "data").mkdir(exist_ok=True)
    config.write_text(PROSODY.format(
        files=here.files, address=SERVER, domain=domain,
        encryption="true" if tls else "false",
        modules='"s2s", "saslauth", "dialback"' + (', "tls"' if tls else "")),
        encoding="ascii")
    here.start("prosody", ["prosody", "--config", str(config)])
    lab.wait_until("prosody", lambda: here.alive("prosody") and listens())


def look(here, topology):
    """The observation of the stream, {requirement: verdict}, findings."""
    document = here.document("-t", topology, "--resolver", lab.RESOLVER,
                             "--ca-file", here.files / "root.pem",
                             "--timeout", "5", "--only", "dns,xmpp")
    here.stop("prosody")
    seen = [one for one in document["observations"] if one["probe"] == "xmpp"]
    if len(seen) != 1:
        raise RuntimeError(f"{len(seen)} observations of xmpp, not 1")
    return (seen[0],
            {one["requirement"]: one for one in document["verdicts"]
             if one["needed"] and one["node"] == "one"},
            {one["id"] for one in document["findings"]})


def expect(*facts):
    return [f"{what}: {got!r}, not {wanted!r}" for what, got, wanted in facts
            if got != wanted]


FIREWALL = "s000.ext.xmpp.xmpp.tcp5269.in"


def check_healthy(tally, here, topology):
    start_prosody(here)
    seen, verdicts, _ = look(here, topology)
    facts = seen["facts"]
    tally.check("talks_to_a_real_server", expect(
        ("outcome", seen["outcome"], "answered"),
        ("detail", seen["detail"], ""),
        ("phase", seen["phase"], "secure-stream"),
        ("subject", seen["subject"], DOMAIN),
        ("version", facts.get("xmpp.version"), "1.0"),
        ("from", facts.get("xmpp.from"), DOMAIN),
        ("starttls", facts.get("xmpp.starttls"), True),
        ("required", facts.get("xmpp.starttls_required"), True),
        ("dialback", facts.get("xmpp.dialback"), True),
        ("error", facts.get("xmpp.error"), None),
        ("SNI", facts.get("tls.sni"), DOMAIN),
        ("names", facts.get("cert.san"),
         [name[4:] for name in NAMES.split(",")]),
        ("chain", facts.get("cert.verify_code"), 0)))
    tally.check("a_real_server_is_found_healthy", [
        f"{row}: {verdicts.get(row)}" for row in (
            FIREWALL, "cert.xmpp.base", "cert.xmpp.san.xmpp",
            "cert.xmpp.san.wildcard")
        if verdicts.get(row, {}).get("state") != "verified"])


def check_without_tls(tally, here, topology):
    start_prosody(here, tls=False)
    seen, verdicts, findings = look(here, topology)
    tally.check("a_real_server_without_tls_is_told", expect(
        ("outcome", seen["outcome"], "answered"),
        ("starttls", seen["facts"].get("xmpp.starttls"), False),
        ("state", verdicts[FIREWALL]["state"], "warn"),
        ("finding", "xmpp.no-starttls" in findings, True)))


def check_other_domain(tally, here, topology):
    start_prosody(here, domain="fabrikam.com")
    seen, verdicts, findings = look(here, topology)
    tally.check("a_real_server_of_another_domain_is_told", expect(
        ("outcome", seen["outcome"], "answered"),
        ("error", seen["facts"].get("xmpp.error"), "host-unknown"),
        ("state", verdicts[FIREWALL]["state"], "wrong"),
        ("finding", "xmpp.host-unknown" in findings, True)))


def inside():
    tally = Tally()
    here = lab.Lab()
    topology = here.topology(TOPOLOGY)
    here.start_dns(topology)
    make_certificate(here)
    check_healthy(tally, here, topology)
    check_without_tls(tally, here, topology)
    check_other_domain(tally, here, topology)
    tally.finish()


def need_prosody():
    if shutil.which("prosody", path=lab.PATH):
        return
    print("skipped: prosody is not installed")
    if os.environ.get("CI") == "true":
        print("0 passed, 1 failed")
        sys.exit(1)
    print("0 passed, 0 failed")
    sys.exit(0)


if __name__ == "__main__":
    need_prosody()
    lab.run_inside(__file__, inside)
