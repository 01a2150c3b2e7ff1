#!/usr/bin/env python3
"""kamailio_lab.py - a real SIP server of another make as Access Edge.

kamailio answers on 443 and, with mutual TLS, on 5061 what an Access Edge
would; openssl is the Web Conferencing Edge and edgesim the relay. Its
configuration then gets one fault at a time, and edgeprobe has to name it
where it is, and nothing else.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

ACCESS, WEBCONF, AV = "192.0.2.10", "192.0.2.20", "192.0.2.30"
TOPOLOGY = """[deployment]
product = sfb2015
topology = single-public
sip-domains = contoso.com fabrikam.com
features = remote-access webconf av federation
[edge one]
access = {access}
webconf = {webconf}
av = {av}
"""
HOP = "fe01.contoso.net"
STS = f"https://{HOP}/CertProv/CertProvisioningService.svc"
KAMAILIO = """\
debug=0
log_stderror=yes
children=1
tcp_children=2
auto_aliases=no
enable_tls=yes
disable_core_dump=yes
listen=tls:{access}:443
listen=tls:{access}:5061
server_header="Server: {server}"
loadmodule "tls.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
modparam("tls", "config", "{files}/tls.cfg")

request_route {{
    if (is_method("OPTIONS")) {{
        append_to_reply("ms-user-logon-data: RemoteUser\\r\\n");
        sl_send_reply("504", "Server time-out");
        exit;
    }}
    if (!is_method("REGISTER"))
        exit;
    if ($rd == "fabrikam.com") {{
        {fabrikam};
        exit;
    }}
    {contoso};
}}

route[CHALLENGE] {{
    append_to_reply("WWW-Authenticate: NTLM {realm}, targetname=\\"{hop}\\", \
version=4\\r\\n");
    append_to_reply("WWW-Authenticate: Kerberos {realm}, \
targetname=\\"sip/{hop}\\", version=4\\r\\n");
    append_to_reply("WWW-Authenticate: TLS-DSK {realm}, \
targetname=\\"{hop}\\", version=4, sts-uri=\\"{sts}\\"\\r\\n");
    sl_send_reply("401", "Unauthorized");
}}
"""
TLS = """\
[server:default]
{common}
[server:{access}:443]
{common}
verify_certificate = {on_443}
require_certificate = {on_443}
[server:{access}:5061]
{common}
verify_certificate = yes
require_certificate = yes
"""
TLS_COMMON = """\
method = {method}
certificate = {files}/leaf.pem
private_key = {files}/leaf.key
ca_list = {files}/root.pem
cipher_list = ALL:@SECLEVEL=0"""
SIGN_IN = "ext.access.sip-tls.tcp443.in@one"
FEDERATION = "ext.access.sip-mtls.tcp5061.in@one"
REALM = 'realm=\\"SIP Communications Service\\"'
HEALTHY = {"realm": REALM, "hop": HOP, "sts": STS, "server": "RTC/6.0",
           "method": "TLSv1.2+", "on_443": "no", "contoso": "route(CHALLENGE)",
           "fabrikam": "route(CHALLENGE)"}
# Rows that rest on what kamailio says and shows; what it must verify.
ROWS = {"ext.access.sip-tls.tcp443.in", "ext.access.sip-mtls.tcp5061.in",
        "cert.ext.san.sip", "cert.ext.san.sip-n", "cert.ext.sn",
        "cert.ext.assign.access", "cert.ext.ca.public", "cert.dns-match"}


def reply(status, reason, *domains):
    """To a REGISTER for these domains, else for each."""
    return {domain: f'sl_send_reply("{status}", "{reason}")'
            for domain in domains or ("contoso", "fabrikam")}


# what it is, what is configured otherwise, rows, findings
FAULTS = [
    ("a_dead_next_hop", reply(504, "Server time-out"),
     [SIGN_IN + "=wrong"], ["access.next-hop-dead"]),
    ("a_domain_without_a_route", reply(504, "Server time-out", "fabrikam"),
     [SIGN_IN + "=wrong"], ["access.domain-unknown"]),
    ("a_domain_without_users", reply(404, "Not Found", "fabrikam"),
     [SIGN_IN + "=wrong"], ["access.domain-unknown"]),
    ("access_that_is_forbidden", reply(403, "Forbidden"),
     [SIGN_IN + "=wrong"], ["access.forbidden"]),
    ("a_pool_that_starts", reply(503, "Service Unavailable"),
     [SIGN_IN + "=warn"], ["access.busy"]),
    ("a_registrar_that_takes_anybody", reply(200, "OK"),
     [SIGN_IN + "=warn"], ["access.open-registrar"]),
    ("a_server_with_tls_1_1_alone", {"method": "TLSv1.1"},
     [SIGN_IN + "=wrong", FEDERATION + "=wrong"], ["tls.old-version"]),
    ("a_server_with_tls_1_0_alone", {"method": "TLSv1"},
     [SIGN_IN + "=wrong", FEDERATION + "=wrong"], ["tls.old-version"]),
    ("mutual_tls_where_people_sign_in", {"on_443": "yes"},
     [SIGN_IN + "=wrong"], ["access.wrong-service"]),
    ("mutual_tls_1_2_where_people_sign_in",
     {"on_443": "yes", "method": "TLSv1.2"},
     [SIGN_IN + "=wrong"], ["access.wrong-service"]),
]


def start_kamailio(here, **changes):
    settings = {**HEALTHY, "access": ACCESS, "files": here.files, **changes}
    common = TLS_COMMON.format(**settings)
    (here.files / "kamailio.cfg").write_text(
        KAMAILIO.format(**settings), encoding="ascii")
    (here.files / "tls.cfg").write_text(
        TLS.format(common=common, **settings), encoding="ascii")
    peers.start(here, "kamailio", [
        "kamailio", "-DD", "-E", "-m", "32", "-M", "8", "-f",
        str(here.files / "kamailio.cfg"), "-Y", str(here.files), "-P",
        str(here.files / "kamailio.pid")], (ACCESS, 443), (ACCESS, 5061),
        ready=peers.speaks_tls)


def look(here, topology, **changes):
    start_kamailio(here, **changes)
    document = here.document("-t", topology, "--resolver", lab.RESOLVER,
                             "--ca-file", here.files / "root.pem",
                             "--timeout", "2", "--skip", "revocation")
    here.stop("kamailio")
    return document


def facts_of(document, probe, port, subject="-"):
    return next((one["facts"] for one in document["observations"]
                 if one["probe"] == probe and one["subject"] == subject
                 and one["endpoint"]["port"] == port), {})


def check_healthy(tally, document):
    control = facts_of(document, "sip-options-control", 443)
    register = facts_of(document, "sip-register", 443, "fabrikam.com")
    federation = facts_of(document, "sip", 5061)
    tally.check("a_healthy_access_edge_is_found_healthy",
                peers.differences(document, [], []))
    tally.same("its_rows_are_verified", ROWS - peers.verified(document), set())
    tally.same("the_edge_itself_tells_its_make",
               (control.get("sip.status"), control.get("sip.server"),
                control.get("sip.remote_user")), (504, "RTC/6.0", True))
    tally.same("each_offer_of_a_challenge_is_read",
               (register.get("sip.status"), register.get("sip.scheme"),
                register.get("sip.targetname"), register.get("sip.sts_uri")),
               (401, ["NTLM", "Kerberos", "TLS-DSK"], HOP, STS))
    tally.same("mutual_tls_is_seen",
               (federation.get("tls.client_certificate_requested"),
                federation.get("tls.client_certificate_refused"),
                federation.get("tls.client_ca")),
               (True, True, ["CN=Lab Root"]))


def inside():
    tally = Tally()
    here = lab.Lab()
    peers.make_root(here)
    peers.make_certificate(here)
    here.start_edge(here.topology(TOPOLOGY.format(
        access="192.0.2.15", webconf="192.0.2.25", av=AV)))
    topology = here.topology(TOPOLOGY.format(access=ACCESS, webconf=WEBCONF,
                                             av=AV))
    here.start_dns(topology)
    peers.start_silent_tls(here, WEBCONF)
    check_healthy(tally, look(here, topology))
    for what, changes, rows, findings in FAULTS:
        tally.check(f"{what}_is_named_and_nothing_else", peers.differences(
            look(here, topology, **changes), rows, findings))
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("kamailio", "dnsmasq")
    lab.run_inside(__file__, inside)
