#!/usr/bin/env python3
"""revocation_lab.py - real lists, responders and staples, and hostile ones.

openssl issues, revokes and signs, nginx publishes, `openssl ocsp` responds
and `openssl s_server` shows and staples; each case changes one of them. Then
lists come from peers that mean it ill: the outcome has to be told, the run
has to end in its time, and the plain tool stays within 64 MiB.
"""

import datetime
import json
import pathlib
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import hostile as h  # noqa: E402
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

ACCESS, NGINX, RESPONDER, HOSTILE = (
    f"192.0.2.{n}" for n in (10, 30, 31, 32))
TOPOLOGY = f"""[deployment]
topology = single-public
sip-domains = contoso.com
internal-domain = contoso.net
internal-name = edge.contoso.net
features = remote-access
[names]
access = sip.contoso.com
[edge edge1]
access = {ACCESS}
"""
HOSTS = f"""
host-record=crl.contoso.com,{NGINX}
host-record=ocsp.contoso.com,{RESPONDER}
host-record=evil.contoso.com,{HOSTILE}
"""
CA = """[ca]
default_ca = lab
[lab]
database = {files}/index
serial = {files}/serial
crlnumber = {files}/crlnumber
default_md = sha256
default_crl_days = 7
"""
WEB = """daemon off;
pid {files}/nginx.pid;
error_log {files}/nginx.err;
events {{}}
http {{
 access_log off;
 server {{
  listen {address}:80;
  root {files}/www;
  types {{ application/pkix-crl crl; }}
  location /moved/ {{ return 302 http://crl.contoso.com/good.crl; }}
  location /loop/ {{ return 302 http://crl.contoso.com/loop/; }}
  location /secure/ {{ return 301 https://crl.contoso.com/good.crl; }}
 }}
}}
"""
GOOD = "http://crl.contoso.com/good.crl"
OCSP = "http://ocsp.contoso.com/"
STATUS, REACHABLE = "status", "reachable"
LIMIT_S, SLACK_S, RESIDENT_MAX_KB = 4, 0.1, 64 * 1024


def openssl(here, *arguments):
    subprocess.run(["openssl", *map(str, arguments)], cwd=here.files,
                   check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_leaf(here, title, lists=(), responder=None, days=60, extra=""):
    """TITLE.pem of leaf.key, which says where its revocation is told."""
    text = ("subjectAltName=DNS:sip.contoso.com\n"
            "extendedKeyUsage=serverAuth\n" + extra)
    if lists:
        text += "crlDistributionPoints=" + ",".join(
            f"URI:{one}" for one in lists) + "\n"
    if responder:
        text += f"authorityInfoAccess=OCSP;URI:{responder}\n"
    (here.files / f"{title}.ext").write_text(text, encoding="ascii")
    openssl(here, "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem",
            "-CAkey", "root.key", "-CAcreateserial", "-days", days,
            "-extfile", f"{title}.ext", "-out", f"{title}.pem")


def publish(here, name, *arguments, form="DER", key="root"):
    """A list of openssl's under that name."""
    openssl(here, "ca", "-config", "ca.conf", "-cert", f"{key}.pem",
            "-keyfile", f"{key}.key", "-gencrl", "-out", "list.pem",
            *arguments)
    openssl(here, "crl", "-in", "list.pem", "-outform", form, "-out",
            f"www/{name}")


def make_authority(here):
    (here.files / "www").mkdir()
    for name, text in (("index", ""), ("serial", "1000\n"),
                       ("index.attr", "unique_subject = no\n"),
                       ("crlnumber", "01\n"),
                       ("ca.conf", CA.format(files=here.files)),
                       ("nginx.conf", WEB.format(files=here.files,
                                                 address=NGINX))):
        (here.files / name).write_text(text, encoding="ascii")
    peers.make_root(here)
    openssl(here, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
            "/CN=Lab Root", "-keyout", "other.key", "-out", "other.pem")
    openssl(here, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj",
            "/CN=sip.contoso.com", "-keyout", "leaf.key", "-out", "leaf.csr")
    publish(here, "good.crl")
    publish(here, "pem.crl", form="PEM")
    publish(here, "other.crl", key="other")
    publish(here, "stale.crl", "-crl_lastupdate", "20200101000000Z",
            "-crl_nextupdate", "20200201000000Z")
    (here.files / "www/broken.crl").write_bytes(b"0\x82\x01\x00" + b"\0" * 9)


def look(here, title, *staple, tool="san/edgeprobe", limit_s=30):
    peers.start_silent_tls(here, ACCESS, *staple, "-cert",
                           here.files / f"{title}.pem", "-CAfile",
                           here.files / "root.pem")
    cost, out = here.files / "cost", here.files / "out"
    with open(out, "wb") as file:
        subprocess.run(
            [sys.executable, "-SE", str(HERE / "measure.py"), str(cost),
             str(limit_s), str(lab.BUILD / tool), "-t", str(here.edge),
             "--only", "revocation", "--resolver", lab.RESOLVER, "--ca-file",
             str(here.files / "root.pem"), "--timeout", "1", "--deadline",
             str(limit_s), "-o", "json"], cwd=lab.ROOT, check=False,
            env=lab.ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=file,
            timeout=limit_s + 60)
    here.stop("s_server")
    document = json.loads(out.read_bytes())
    document["cost"] = json.loads(cost.read_bytes())
    return document


def states(document):
    return {verdict["requirement"].rpartition(".")[2]: verdict["state"]
            for verdict in document["verdicts"]
            if verdict["requirement"].startswith("cert.ext.revocation.")}


def problems(document, wanted, cause=None, outcome=None):
    """wanted: {row: state}; a row that is not named is verified or n/a."""
    for row, state in sorted(states(document).items()):
        if state not in ((wanted[row],) if row in wanted
                         else ("verified", "n/a")):
            because = next(one["because"] for one in document["verdicts"]
                           if one["requirement"].endswith("." + row))
            yield f"{row} is {state}: {because}"
    findings = {one["id"] for one in document["findings"]}
    if findings != ({cause} if cause else set()):
        yield f"findings are {sorted(findings)}"
    seen = [one["outcome"] for one in document["observations"]
            if one["probe"] == "crl"]
    if outcome and seen != [outcome]:
        yield f"outcome is {seen}"


WRONG = {STATUS: "wrong", REACHABLE: "warn"}
WARN = {STATUS: "warn", REACHABLE: "warn"}
LISTS = [  # title, lists, verdicts, finding
    ("a_list_of_nginx_is_good", [GOOD], {}, None),
    ("a_list_in_pem_is_good", ["http://crl.contoso.com/pem.crl"], {}, None),
    ("one_redirect_is_followed", ["http://crl.contoso.com/moved/"], {}, None),
    ("a_stale_list_is_named", ["http://crl.contoso.com/stale.crl"], WRONG,
     "cert.crl-stale"),
    ("a_list_of_another_key_is_named", ["http://crl.contoso.com/other.crl"],
     WRONG, "cert.crl-foreign"),
    ("a_missing_list_is_named", ["http://crl.contoso.com/none.crl"], WARN,
     "cert.revocation-unreachable"),
    ("a_broken_list_is_named", ["http://crl.contoso.com/broken.crl"], WARN,
     "cert.revocation-unreachable"),
    ("a_loop_of_redirects_ends", ["http://crl.contoso.com/loop/"], WARN,
     "cert.revocation-unreachable"),
    ("nobody_is_redirected_to_https", ["http://crl.contoso.com/secure/"],
     WARN, "cert.revocation-unreachable"),
    ("a_host_that_is_nowhere_is_named", ["http://gone.contoso.com/a.crl"],
     WARN, "cert.revocation-unreachable"),
    ("one_of_two_lists_will_do", ["http://gone.contoso.com/a.crl", GOOD],
     {REACHABLE: "warn"}, "cert.revocation-unreachable"),
    ("no_list_is_named", [], {"cdp": "wrong"}, "cert.no-cdp"),
    ("ldap_alone_is_named", ["ldap:///CN=a"], {"cdp": "wrong"},
     "cert.cdp-ldap-only"),
]


def check_lists(tally, here):
    for title, lists, wanted, cause in LISTS:
        make_leaf(here, "plain", lists)
        tally.check(title, problems(look(here, "plain"), wanted, cause))
    make_leaf(here, "plain", days=9)
    document = look(here, "plain")
    tally.check("nine_days_need_no_list",
                problems(document, {}))


def start_responder(here):
    """It ends when somebody connects and says nothing: read its log."""
    log = here.files / "ocsp.log"
    here.start("ocsp", [
        "openssl", "ocsp", "-index", here.files / "index", "-port", "80",
        "-rsigner", here.files / "root.pem", "-rkey",
        here.files / "root.key", "-CA", here.files / "root.pem", "-ndays",
        "7"])
    lab.wait_until("ocsp", lambda: here.alive("ocsp")
                   and b"waiting for" in log.read_bytes())


def enter(here, title, state="V", since=""):
    """What the responder's index knows of a certificate."""
    serial = subprocess.run(
        ["openssl", "x509", "-noout", "-serial", "-in",
         here.files / f"{title}.pem"], check=True, text=True,
        stdout=subprocess.PIPE).stdout.strip().partition("=")[2]
    with open(here.files / "index", "a", encoding="ascii") as index:
        index.write(f"{state}\t491231235959Z\t{since}\t{serial}\tunknown\t"
                    "/CN=sip.contoso.com\n")


def check_answers(tally, here):
    """Before nginx: openssl's responder takes port 80 of every address."""
    for title, state, wanted, cause in (
            ("a_responder_of_openssl_is_good", "V",
             {"cdp": "warn"}, "cert.no-cdp"),
            ("a_responder_that_does_not_know_it_is_named", None,
             {"cdp": "warn", STATUS: "warn", REACHABLE: "warn"}, None),
            ("a_revoked_certificate_is_named", "R",
             {"cdp": "warn", STATUS: "wrong"}, None)):
        make_leaf(here, "asked", responder=OCSP)
        if state:
            enter(here, "asked", state,
                  "250101000000Z,keyCompromise" if state == "R" else "")
        start_responder(here)
        document = look(here, "asked")
        here.stop("ocsp")
        if cause:
            tally.check(title, problems(document, wanted, cause))
        else:
            found = {one["id"] for one in document["findings"]}
            added = "cert.revoked" if state else "cert.revocation-unknown"
            tally.check(title, [] if found == {"cert.no-cdp", added}
                        else [f"findings are {sorted(found)}"])


def check_staples(tally, here):
    make_leaf(here, "stapled", [GOOD])
    make_leaf(here, "must", [GOOD], extra="tlsfeature=status_request\n")
    for title in ("stapled", "must"):
        enter(here, title)
        openssl(here, "ocsp", "-index", "index", "-rsigner", "root.pem",
                "-rkey", "root.key", "-CA", "root.pem", "-issuer",
                "root.pem", "-cert", f"{title}.pem", "-ndays", "7",
                "-no_nonce", "-respout", f"{title}.der")
    staple = ["-status_file", here.files / "stapled.der"]
    document = look(here, "stapled", *staple)
    facts = next(one["facts"] for one in document["observations"]
                 if one["probe"] == "sip")
    tally.check("a_staple_of_openssl_is_good", [
        *problems(document, {}),
        *([] if facts.get("tls.staple.status") == "good" else [str(facts)])])
    tally.check("a_demanded_staple_that_comes_is_good", problems(look(
        here, "must", "-status_file", here.files / "must.der"), {}))
    tally.check("a_demanded_staple_that_is_missing_is_named", problems(
        look(here, "must"), {"staple": "wrong"}, "cert.must-staple"))
    tally.check("a_staple_about_another_is_of_no_use", problems(
        look(here, "must", *staple), {"staple": "wrong"},
        "cert.staple-bad"))


def check_revoked(tally, here):
    make_leaf(here, "taken", [GOOD])
    enter(here, "taken", "R", "250101000000Z,keyCompromise")
    publish(here, "good.crl")
    tally.check("a_certificate_in_the_list_is_named", problems(
        look(here, "taken"), {STATUS: "wrong"}, "cert.revoked"))


# Hostile peers: all over HTTP, at one address.

HEAD = b"HTTP/1.1 200 OK\r\n"
ENTRY = h.tlv(0x30, h.tlv(2, b"\1\2\3"), h.tlv(0x17, b"250101000000Z"))


TAIL = h.ECDSA_SHA256 + h.tlv(3, b"\0" + b"0" * 64)


def list_head(size):
    """A list up to its entries, which are that long; TAIL ends it."""
    def long(tag, length):
        return bytes([tag, 0x84]) + length.to_bytes(4, "big")
    fields = h.ECDSA_SHA256 + h.name("Lab Root") + h.tlv(
        0x17, b"250101000000Z") + h.tlv(0x17, b"491231235959Z")
    signed = long(0x30, len(fields) + 6 + size) + fields + long(0x30, size)
    return long(0x30, len(signed) + size + len(TAIL)) + signed


def after_request(send):
    def serve(connection):
        connection.recv(65536)
        send(connection)
    return serve


def gigabyte(connection):
    connection.sendall(HEAD + b"\r\n" + list_head(1 << 30))
    block = ENTRY * 4096
    for _ in range((1 << 30) // len(block)):
        connection.sendall(block)


def announced(connection):
    connection.sendall(HEAD + b"Content-Length: 1073741824\r\n\r\n")
    gigabyte(connection)


def million(connection):
    connection.sendall(HEAD + b"\r\n" + list_head(len(ENTRY) * 1000000))
    for _ in range(1000):
        connection.sendall(ENTRY * 1000)
    connection.sendall(TAIL)


def endless_head(connection):
    connection.sendall(HEAD)
    while True:
        connection.sendall(b"X-Header: " + b"a" * 1000 + b"\r\n")


def bomb(connection):
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\n\r\n"
                       + b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\0" * 100000)


def drip(connection):
    connection.sendall(HEAD + b"\r\n")
    for byte in list_head(1 << 20):
        connection.sendall(bytes([byte]))
        threading.Event().wait(0.1)
    h.mute(connection)


def loop(connection):
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\x1b]0;a\r\n"
                       b"Content-Length: 0\r\n\r\n")


HOSTILES = [  # title, what is sent, outcome
    ("a_gigabyte_that_is_announced_is_refused", announced, "garbled"),
    ("a_gigabyte_is_cut_off", gigabyte, "garbled"),
    ("a_million_entries_fit", million, "answered"),
    ("headers_without_end_are_cut_off", endless_head, "garbled"),
    ("nothing_is_unpacked_unasked", bomb, "garbled"),
    ("drops_of_a_list_are_waited_for_in_vain", drip, "no-reply"),
    ("a_loop_of_redirects_is_left", loop, "garbled"),
    ("silence_is_silence", h.mute, "no-reply"),
    ("a_hang_up_is_one", lambda connection: None, "closed"),
]


def cost_problems(document):
    cost = document["cost"]
    began = datetime.datetime.fromisoformat(
        document["started"].replace("Z", "+00:00")).timestamp()
    spent_s = cost["ended"] - began - cost["waited_past_s"]
    if spent_s > LIMIT_S + SLACK_S:
        yield f"took {spent_s:.3f} s"
    if cost["resident_kb"] > RESIDENT_MAX_KB:
        yield f"took {cost['resident_kb']} KiB"


def check_hostile(tally, here):
    now = {}
    make_leaf(here, "hostile", ["http://evil.contoso.com/a.crl"])
    h.serve_tcp(HOSTILE, 80, after_request(lambda c: now["send"](c)))
    for title, send, outcome in HOSTILES:
        now["send"] = send
        document = look(here, "hostile", tool="edgeprobe", limit_s=LIMIT_S)
        seen = [one["outcome"] for one in document["observations"]
                if one["probe"] == "crl"]
        tally.check(title, [*cost_problems(document),
                            *([] if seen == [outcome]
                              else [f"outcome is {seen}"])])
        seen = look(here, "hostile")["observations"]
        tally.check(f"{title}_with_sanitizers",
                    [] if any(one["probe"] == "crl" for one in seen)
                    else ["no list was asked for"])


def inside():
    tally = Tally()
    here = lab.Lab()
    make_authority(here)
    here.edge = here.topology(TOPOLOGY)
    here.start_dns(here.edge, HOSTS)
    check_answers(tally, here)
    peers.start(here, "nginx", ["nginx", "-c", here.files / "nginx.conf",
                                "-p", here.files], (NGINX, 80))
    check_lists(tally, here)
    check_staples(tally, here)
    check_revoked(tally, here)
    check_hostile(tally, here)
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("nginx", "openssl")
    lab.run_inside(__file__, inside, 580)
