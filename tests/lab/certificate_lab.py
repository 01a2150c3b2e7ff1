#!/usr/bin/env python3
"""certificate_lab.py - certificates of every kind, shown by a real server.

openssl makes chains and stands in the place of an Access Edge: chains that are
whole, cut or unknown, keys and signatures of all kinds, odd names; with and
without SNI; asking for a client certificate, in TLS 1.2 and 1.3. Then edgesim
takes and refuses a federation partner that shows one.
"""

import pathlib
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

SERVER = "192.0.2.54"
TOPOLOGY = f"""[deployment]
product = sfb2019
topology = single-public
sip-domains = contoso.com
features = remote-access webconf av federation
[names]
access = sip.contoso.com
webconf = webcon.contoso.com
av = av.contoso.com
[edge one]
access = {SERVER}
webconf = 192.0.2.20
av = 192.0.2.30
"""
# What partners have published: the record leads to the name that is shown.
PARTNER = ("srv-host=_sipfederationtls._tcp.fabrikam.com,sip.fabrikam.com,5061"
           "\naddress=/sip.fabrikam.com/192.0.2.55\n")
SAN = "DNS:sip.contoso.com,DNS:webcon.contoso.com"
SERVERS = "serverAuth,clientAuth"
LIMITS = ["--timeout", "2", "--deadline", "20"]


class Maker:
    """Makes keys and certificates in a folder, by openssl's own hand."""

    def __init__(self, folder):
        self.folder = folder
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                 "root.key", "-out", "root.pem", "-days", "30", "-subj",
                 "/CN=Lab Root")
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                 "other.key", "-out", "other.pem", "-days", "30", "-subj",
                 "/CN=Private Root")
        self.key("rsa:2048", "rsa.key")
        self.issue("inter", "root", subject="/CN=Lab Intermediate",
                   extensions="basicConstraints=critical,CA:TRUE")

    def run(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stdout}")

    def key(self, kind, name):
        kind, _, value = kind.partition(":")
        option = {"rsa": "rsa_keygen_bits", "ec": "ec_paramgen_curve"}.get(
            kind)
        self.run("genpkey", "-algorithm", kind, "-out", name,
                 *(["-pkeyopt", f"{option}:{value}"] if option else []))

    def issue(self, name, issuer, subject="/CN=sip.contoso.com", key="rsa.key",
              extensions="", days=20, options=(), digest="-sha256"):
        (self.folder / f"{name}.ext").write_text(extensions, encoding="ascii")
        self.run("req", "-new", "-key", key, "-subj", subject, "-out",
                 f"{name}.csr")
        signer = ["-signkey", key] if not issuer else [
            "-CA", f"{issuer}.pem", "-CAcreateserial", "-CAkey",
            "rsa.key" if issuer == "inter" else f"{issuer}.key"]
        self.run("x509", "-req", "-in", f"{name}.csr", *signer, digest,
                 "-days", str(days), "-extfile", f"{name}.ext", "-out",
                 f"{name}.pem", *options)

    def leaf(self, name, san=SAN, purposes=SERVERS, issuer="inter", **how):
        self.issue(name, issuer, extensions=f"subjectAltName={san}\n"
                   f"extendedKeyUsage={purposes}\n"
                   "basicConstraints=CA:FALSE\n", **how)


def listens(port):
    with socket.socket() as asking:
        asking.settimeout(0.2)
        return asking.connect_ex((SERVER, port)) == 0


def start_server(here, name, port, *arguments):
    """openssl says what it reads, backwards: no SIP, and at once."""
    here.start(name, ["openssl", "s_server", "-accept", f"{SERVER}:{port}",
                      "-rev", "-quiet", *arguments])
    lab.wait_until(name, lambda: here.alive(name) and listens(port))


def shows(here, leaf, key="rsa.key", chain="inter.pem"):
    files = here.files
    return (["-cert", files / f"{leaf}.pem", "-key", files / key]
            + (["-cert_chain", files / chain] if chain else []))


def look(here, topology, *arguments):
    """{requirement: verdict} at the server, and the findings."""
    document = here.document(
        "-t", topology, "--resolver", lab.RESOLVER, "--ca-file",
        here.files / "root.pem", *LIMITS, *arguments)
    verdicts = {one["requirement"]: one for one in document["verdicts"]
                if one["node"] == "one"
                and one["subject"] in ("-", "sip.contoso.com")}
    return verdicts, {one["id"] for one in document["findings"]}


def differences(seen, row, state, finding, because=""):
    verdicts, findings = seen
    verdict = verdicts.get(row, {})
    if verdict.get("state") != state:
        yield f"{row}: {verdict}"
    if finding and finding not in findings:
        yield f"no finding {finding} among {sorted(findings)}"
    if because and because not in verdict.get("because", ""):
        yield f"{row}: {verdict.get('because')}"


def leaves(maker):
    """name: (how to show it, row, its state, finding, part of the reason)"""
    chain = "cert.ext.ca.public"
    maker.key("rsa:1024", "short.key")
    for curve in ("P-256", "P-384", "P-521"):
        maker.key(f"ec:{curve}", f"{curve}.key")
    maker.key("ED25519", "ED25519.key")
    maker.leaf("whole", days=100)
    maker.leaf("stranger", issuer="other", days=100)
    maker.leaf("self", issuer=None, days=100)
    maker.leaf("soon", days=5)
    maker.leaf("past", days=-1)
    maker.leaf("pss", days=100, options=["-sigopt", "rsa_padding_mode:pss"])
    maker.leaf("sha1", days=100, digest="-sha1")
    maker.leaf("short", key="short.key", days=100)
    maker.leaf("client", purposes="clientAuth", days=100)
    maker.leaf("server", purposes="serverAuth", days=100)
    maker.leaf("star-name", subject="/CN=*.contoso.com", days=100)
    maker.leaf("star-san", san="DNS:*.contoso.com", days=100)
    maker.leaf("underscore", san=SAN + ",DNS:edge_1.contoso.com", days=100)
    for curve in ("P-256", "P-384", "P-521", "ED25519"):
        maker.leaf(curve, key=f"{curve}.key", days=100)
    return {
        "whole": ({}, chain, "verified", None, "trusted by the roots of"),
        "missing intermediate": ({"leaf": "whole", "chain": None}, chain,
                                 "warn", "cert.chain-incomplete",
                                 "(CN=Lab Intermediate) is not sent"),
        "stranger": ({"chain": "other.pem"}, chain, "wrong",
                     "cert.untrusted-root", "issued by CN=Private Root"),
        "self": ({"chain": None}, chain, "wrong", "cert.untrusted-root",
                 "self-signed"),
        "soon": ({}, chain, "warn", "cert.expires-soon", "very soon"),
        "past": ({}, chain, "wrong", "cert.expired", "expired on"),
        "pss": ({}, chain, "wrong", "cert.pss-signature", "RSASSA-PSS"),
        "sha1": ({}, chain, "wrong", "cert.weak-signature", "sha1"),
        "short": ({"key": "short.key"}, chain, "wrong", "cert.weak-key",
                  "RSA 1024"),
        "client": ({}, chain, "wrong", "cert.no-server-auth", ""),
        "server": ({}, "cert.client-auth", "verified", "cert.no-client-auth",
                   "alert 43"),
        "star-name": ({}, "cert.ext.sn", "wrong", "cert.ext.sn", "wildcard"),
        "star-san": ({}, "cert.ext.san.sip", "warn", "cert.wildcard",
                     "*.contoso.com"),
        "underscore": ({}, "cert.names-plain", "warn", "cert.odd-name",
                       "edge_1"),
        "P-256": ({"key": "P-256.key"}, "cert.key-kind", "verified",
                  "cert.ec-key", "P-256"),
        "P-384": ({"key": "P-384.key"}, "cert.key-kind", "verified",
                  "cert.ec-key", "P-384"),
        "P-521": ({"key": "P-521.key"}, "cert.key-kind", "verified",
                  "cert.ec-key", "P-521"),
        "ED25519": ({"key": "ED25519.key"}, "cert.key-kind", "warn",
                    "cert.odd-key", "ED25519"),
    }


def check_leaves(tally, here, topology, maker):
    for name, (how, row, state, finding, because) in leaves(maker).items():
        start_server(here, "server", 443, "-cipher", "DEFAULT@SECLEVEL=0",
                     "-tls1_2", *shows(here, **{"leaf": name, **how}))
        seen = look(here, topology, "--only", "certificates,access")
        here.stop("server")
        tally.check(f"certificate_{name.replace(' ', '_')}",
                    differences(seen, row, state, finding, because))


def check_sni(tally, here, topology):
    start_server(here, "server", 443, *shows(here, "star-san"), "-servername",
                 "sip.contoso.com", "-cert2", here.files / "whole.pem",
                 "-key2", here.files / "rsa.key", "-servername_fatal")
    tally.check("another_certificate_without_sni_is_told", differences(
        look(here, topology, "--only", "certificates,access"),
        "tls.same-without-sni", "warn", "tls.sni-differs",
        "it names *.contoso.com"))
    here.stop("server")
    start_server(here, "server", 443, *shows(here, "whole"))
    tally.check("the_same_without_sni_is_well", differences(
        look(here, topology, "--only", "certificates,access"),
        "tls.same-without-sni", "verified", None))
    here.stop("server")


def check_versions(tally, here, topology):
    for name, arguments, state, finding in (
            ("tls_1.2", ["-tls1_2"], "verified", None),
            ("tls_1.2_and_1.3", [], "verified", None),
            ("tls_1.3", ["-tls1_3"], "warn", "tls.old-version"),
            ("tls_1.0", ["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], "wrong",
             "tls.old-version"),
            ("tls_1.0_to_1.2", ["-min_protocol", "TLSv1", "-cipher",
                                "DEFAULT@SECLEVEL=0"], "warn",
             "tls.legacy-versions"),
            ("null_ciphers", ["-tls1_2", "-cipher", "ALL:eNULL:@SECLEVEL=0"],
             "warn", "tls.weak-cipher")):
        start_server(here, "server", 443, *shows(here, "whole"), *arguments)
        seen = look(here, topology, "--only", "tls-versions")
        here.stop("server")
        tally.check(f"inventory_of_{name}",
                    differences(seen, "tls.versions", state, finding))


def partner(here, leaf, key="rsa.key"):
    return ["--cert", here.files / f"{leaf}.pem", "--key", here.files / key,
            "--from-domain", "fabrikam.com", "--only", "sip,sip-partner"]


def check_client_certificates(tally, here, topology, maker):
    fabrikam = {"san": "DNS:sip.fabrikam.com", "subject":
                "/CN=sip.fabrikam.com", "days": 100, "issuer": "root"}
    maker.leaf("fabrikam", **fabrikam)
    maker.leaf("fabrikam-server", purposes="serverAuth", **fabrikam)
    maker.leaf("fabrikam-past", **{**fabrikam, "days": -1})
    maker.leaf("fabrikam-other", **{**fabrikam, "issuer": "other"})
    for version in ("-tls1_2", "-tls1_3"):
        start_server(here, "server", 5061, *shows(here, "whole"), version,
                     "-Verify", "2", "-verify_return_error", "-CAfile",
                     here.files / "root.pem")
        port = "s000.ext.access.sip-mtls.tcp5061.in"
        name = version[1:]
        tally.check(f"{name}_refuses_strangers", differences(
            look(here, topology, "--only", "sip"), port, "verified", None,
            "refuses to go on without"))
        tally.check(f"{name}_takes_a_certificate", differences(
            look(here, topology, *partner(here, "fabrikam")),
            "federation.as-partner", "warn", "federation.odd-answer",
            "not SIP"))
        for leaf, because in (
                ("fabrikam-server", "clientAuth is missing"),
                ("fabrikam-past", "has expired"),
                ("fabrikam-other", "is not trusted there")):
            tally.check(f"{name}_refuses_{leaf}", differences(
                look(here, topology, *partner(here, leaf)),
                "federation.as-partner", "wrong",
                "federation.certificate-refused", because))
        here.stop("server")


def check_partners(tally, here, topology):
    """edgesim takes any certificate and looks at it above TLS."""
    for fault, state, finding in (
            (None, "verified", None),
            ("partner-refused", "wrong", "federation.partner-refused"),
            ("partner-unproven", "wrong", "federation.partner-unproven")):
        here.start_edge(topology, [fault] if fault else [])
        seen = look(here, topology, *partner(here, "fabrikam"))
        here.stop("edgesim")
        tally.check(f"partner_meets_{fault or 'a_healthy_edge'}",
                    differences(seen, "federation.as-partner", state,
                                finding))


def check_secrets(tally, here, topology, maker):
    """A passphrase, and a key, show nowhere."""
    maker.run("rsa", "-aes256", "-passout", "pass:open-sesame", "-in",
              "rsa.key", "-out", "locked.key")
    lab.ENVIRONMENT["EDGEPROBE_KEY_PASSPHRASE"] = "open-sesame"
    here.start_edge(topology)
    arguments = ["-t", topology, "--resolver", lab.RESOLVER, *LIMITS,
                 *partner(here, "fabrikam", "locked.key")]
    code, out, err = here.probe("-o", "json", *arguments)
    tally.check("a_passphrase_opens_the_key", [] if
                "federation lets the partner in" in out
                else [f"exit {code}: {err}"])
    _, text, more = here.probe("-vv", *arguments)
    body = (here.files / "rsa.key").read_text(encoding="ascii").split("\n")[3]
    tally.check("secrets_show_nowhere", [
        f"{what} shows" for what in ("open-sesame", body)
        if what in out + err + text + more])
    here.stop("edgesim")


def inside():
    tally = Tally()
    here = lab.Lab()
    topology = here.topology(TOPOLOGY)
    here.start_dns(topology, PARTNER)
    maker = Maker(here.files)
    check_leaves(tally, here, topology, maker)
    check_sni(tally, here, topology)
    check_versions(tally, here, topology)
    check_client_certificates(tally, here, topology, maker)
    check_partners(tally, here, topology)
    check_secrets(tally, here, topology, maker)
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
