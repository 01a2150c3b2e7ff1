"""peers.py - servers of other makes in a lab, and certificates for them.

For labs that put real programs where edgesim else stands: what they need to
be run, and what a run of edgeprobe is compared with.
"""

import os
import shutil
import socket
import ssl
import subprocess
import sys

import lab

NAMES = ("sip.contoso.com", "webcon.contoso.com", "sip.fabrikam.com")


def need_programs(*programs):
    """Ends a test program that can do nothing without."""
    missing = [one for one in programs
               if not shutil.which(one, path=lab.PATH)]
    if not missing:
        return
    print(f"skipped: {', '.join(missing)}: not installed")
    failed = os.environ.get("CI") == "true"
    print(f"0 passed, {int(failed)} failed")
    sys.exit(int(failed))


def openssl(here, *arguments):
    subprocess.run(["openssl", *arguments], cwd=here.files, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_root(here):
    """An authority: root.pem and root.key in here.files."""
    openssl(here, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
            "90", "-subj", "/CN=Lab Root", "-keyout", "root.key", "-out",
            "root.pem")
    return here.files / "root.pem"


def make_certificate(here, title="leaf", names=NAMES):
    """TITLE.pem and TITLE.key, from the root; together in TITLE.both."""
    openssl(here, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj",
            f"/CN={names[0]}", "-keyout", f"{title}.key", "-out",
            f"{title}.csr")
    (here.files / f"{title}.ext").write_text(
        "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)
        + "\nextendedKeyUsage=serverAuth,clientAuth\n", encoding="ascii")
    openssl(here, "x509", "-req", "-in", f"{title}.csr", "-CA", "root.pem",
            "-CAkey", "root.key", "-CAcreateserial", "-days", "60",
            "-extfile", f"{title}.ext", "-out", f"{title}.pem")
    (here.files / f"{title}.both").write_text(
        (here.files / f"{title}.pem").read_text()
        + (here.files / f"{title}.key").read_text())


def listens(address, port):
    with socket.socket() as asking:
        asking.settimeout(0.2)
        return asking.connect_ex((address, port)) == 0


def speaks_tls(address, port):
    """Whether anything comes back: some listen long before they serve."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((address, port), 1) as connection, \
                context.wrap_socket(connection):
            return True
    except ssl.SSLError:  # an alert will do
        return True
    except OSError:
        return False


def start(here, name, command, *listeners, ready=listens):
    """Starts a server and waits for its (address, port) pairs."""
    here.start(name, command)
    for address, port in listeners:
        lab.wait_until(name, lambda a=address, p=port: here.alive(name)
                       and ready(a, p))


def start_silent_tls(here, address, *options, port=443, name="s_server"):
    """openssl s_server: takes the handshake and waits for a line."""
    start(here, name, [
        "openssl", "s_server", "-accept", f"{address}:{port}", "-rev",
        "-cert", here.files / "leaf.pem", "-key", here.files / "leaf.key",
        *options], (address, port))


def rows_of(document, nodes):
    """{ROW@NODE=STATE} of the needed verdicts that are not verified."""
    return {f"{one.get('flow') or one['requirement']}"
            f"@{nodes.get(one['node'], one['node'])}={one['state']}"
            for one in document["verdicts"]
            if one["needed"] and one["state"] != "verified"}


def verified(document):
    """{ROW} of what is needed and verified at some node."""
    return {one.get("flow") or one["requirement"]
            for one in document["verdicts"]
            if one["needed"] and one["state"] == "verified"}


def differences(document, rows, findings, nodes=()):
    """What a run has otherwise than exactly these, as lines.

    nodes, {address: node}, is for runs that know none by name.
    """
    for what, got, wanted in (
            ("row", rows_of(document, dict(nodes)), set(rows)),
            ("finding", {one["id"] for one in document["findings"]},
             set(findings))):
        for entry in sorted(wanted - got):
            yield f"expected {what} {entry}"
        for entry in sorted(got - wanted):
            yield f"unexpected {what} {entry}"
