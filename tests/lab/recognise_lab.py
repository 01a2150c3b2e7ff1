#!/usr/bin/env python3
"""recognise_lab.py - which service answers where, against real servers.

nginx, haproxy, openssl and a greeter stand where one service of an Edge is
looked for; edgesim is the rest of it. Then all services are edgesim's, and
DNS leads to the wrong ones of them: two names to each other's address, one to
another's, a record to a closed port. What is found, and said, is compared.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

ACCESS, WEBCONF, AV = "192.0.2.10", "192.0.2.20", "192.0.2.30"
STRANGER = "192.0.2.54"
TOPOLOGY = """[deployment]
product = sfb2015
topology = single-public
sip-domains = contoso.com
features = remote-access webconf av federation
[ports]
{ports}
[edge one]
access = {access}
webconf = {webconf}
av = {av}
"""
NAMES = ("sip.contoso.com", "webcon.contoso.com")
WEB_NAMES = ("webext.contoso.com", "lyncdiscover.contoso.com",
             "meet.contoso.com")
NGINX = """\
daemon off;
master_process off;
pid {files}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {files}; proxy_temp_path {files};
    fastcgi_temp_path {files}; uwsgi_temp_path {files};
    scgi_temp_path {files};
    server {{
        listen {address}:443 {tls};
        ssl_certificate {files}/{leaf}.pem;
        ssl_certificate_key {files}/{leaf}.key;
    }}
}}
"""
SILENT = """\
defaults
    mode tcp
    timeout connect 1s
    timeout client 20s
    timeout server 20s
listen silent
    bind {address}:443 ssl crt {files}/leaf.both
    tcp-request inspect-delay 60s
    tcp-request content reject if WAIT_END
"""
GREETER = """\
import socket
listener = socket.create_server(("{address}", 443))
while True:
    guest, _ = listener.accept()
    try:
        guest.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\\r\\n")
        guest.recv(4096)
    except ConnectionError:
        pass  # gone with the greeting unread: the next one is still greeted
"""
FLOWS = {"access": "ext.access.sip-tls.tcp443.in",
         "webconf": "ext.webconf.psom-tls.tcp443.in",
         "av": "ext.av.stun-msturn.tcp443.in"}


def write(here, name, text, **settings):
    path = here.files / name
    path.write_text(text.format(files=here.files, **settings),
                    encoding="ascii")
    return path


def start_nginx(here, leaf="leaf", tls="ssl"):
    path = write(here, "nginx.conf", NGINX, address=STRANGER, leaf=leaf,
                 tls=tls)
    peers.start(here, "stranger", ["nginx", "-c", path, "-p", here.files],
                (STRANGER, 443))


def start_silent(here):
    path = write(here, "silent.cfg", SILENT, address=STRANGER)
    peers.start(here, "stranger", ["haproxy", "-db", "-f", path],
                (STRANGER, 443))


def start_reverser(here):
    """Answers each line with the line turned round: words, and no SIP."""
    peers.start_silent_tls(here, STRANGER, name="stranger")


def start_greeter(here):
    path = write(here, "greeter.py", GREETER, address=STRANGER)
    peers.start(here, "stranger", [sys.executable, path], (STRANGER, 443))


def look(here, arguments=(), ports="", **places):
    """A run; places are the addresses that DNS gives."""
    topology = here.topology(TOPOLOGY.format(
        ports=ports, **{"access": ACCESS, "webconf": WEBCONF, "av": AV,
                        **places}))
    here.start_dns(topology)
    document = here.document(
        *(arguments or ("-t", topology)), "--resolver", lab.RESOLVER,
        "--ca-file", here.files / "roots.pem", "--timeout", "3",
        "--skip", "revocation")
    here.stop("dnsmasq")
    return document


def said_of(document, service):
    """The sentences about a service's listener, and its states."""
    return {one["because"] for one in document["verdicts"]
            if one.get("flow") == FLOWS[service] and one["needed"]}


def findings(document):
    """What is the matter; notes are not, nor that no web services are here."""
    return sorted(one["id"] for one in document["findings"]
                  if one["severity"] != "info"
                  and not one["id"].startswith("web."))


def expect(document, service, words, ids):
    """What is wrong with the sentences and findings of a run."""
    said = said_of(document, service)
    if not said:
        yield f"nothing was said of {service}"
    yield from (f"{service}: {one}" for one in said if words not in one)
    if findings(document) != sorted(ids):
        yield f"findings {findings(document)}, not {sorted(ids)}"


# Who stands where; what the sentence says, and the findings.
STRANGERS = (
    ("a_silent_tls_server_may_be_web_conferencing", "webconf", start_silent,
     {}, "is silent to SIP: as far as can be told, Web Conferencing", []),
    ("words_are_not_held_against_web_conferencing", "webconf",
     start_reverser, {}, "answers SIP in no language known here", []),
    ("a_web_server_is_no_web_conferencing", "webconf", start_nginx, {},
     "is a web server (HTTP), not the Web Conferencing Edge",
     ["webconf.wrong-service"]),
    ("a_greeter_is_no_web_conferencing", "webconf", start_greeter, {},
     'is an SSH server ("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3")',
     ["webconf.wrong-service"]),
    ("a_web_server_is_no_relay", "av", start_nginx, {},
     "speaks real TLS, which an A/V Edge does not: it is a web server",
     ["av.real-tls"]),
    ("a_silent_tls_server_is_no_relay", "av", start_silent, {},
     "it is a TLS server that knows no SIP", ["av.real-tls"]),
    ("a_plain_web_server_is_no_relay", "av", start_nginx, {"tls": ""},
     "is a web server (HTTP), not the A/V Edge", ["av.wrong-service"]),
    ("a_greeter_is_no_relay", "av", start_greeter, {}, "is an SSH server",
     ["av.wrong-service"]),
    ("a_reverse_proxy_is_no_access_edge", "access", start_nginx,
     {"leaf": "web"}, "is the reverse proxy of the web services",
     ["access.reverse-proxy"]),
    ("a_web_server_is_no_access_edge", "access", start_nginx, {},
     "is a web server (HTTP), not the Access Edge",
     ["access.wrong-service"]),
    ("a_plain_web_server_is_no_access_edge", "access", start_nginx,
     {"tls": ""}, "is a web server (HTTP), not the Access Edge",
     ["access.wrong-service"]),
    ("a_silent_tls_server_is_no_access_edge", "access", start_silent, {},
     "TLS answers and SIP does not",
     ["access.no-sip-answer", "federation.blocked"]),
)


def check_strangers(tally, here):
    for name, service, start, settings, words, ids in STRANGERS:
        start(here, **settings)
        document = look(here, **{service: STRANGER})
        here.stop("stranger")
        tally.check(name, expect(document, service, words, ids))


PAIRS = (
    ("access", "webconf", {"access": WEBCONF, "webconf": ACCESS}),
    ("access", "av", {"access": AV, "av": ACCESS}),
    ("webconf", "av", {"webconf": AV, "av": WEBCONF}),
)
TITLES = {"access": "sip", "webconf": "webcon", "av": "av"}


def check_pairs(tally, here):
    """With a topology file that has it wrong, too, and without one."""
    for one, other, places in PAIRS:
        for arguments in ((), ("contoso.com",)):
            document = look(here, arguments, **places)
            words = (f"{TITLES[one]}.contoso.com ({places[one]}:443) and "
                     f"{TITLES[other]}.contoso.com ({places[other]}:443) "
                     "lead to each other's address")
            how = "without_a_file" if arguments else "with_a_file"
            tally.check(f"{one}_and_{other}_swapped_are_one_finding_{how}", [
                *expect(document, one, words, [f"swap.{one}-{other}"]),
                *expect(document, other, words, [f"swap.{one}-{other}"])])


def check_neighbours(tally, here):
    """Like the swapped, and not swapped."""
    document = look(here)
    tally.check("what_leads_where_it_should_is_found_healthy",
                peers.differences(document, [], []))
    document = look(here, webconf=ACCESS)
    tally.check("an_address_given_twice_is_one_finding",
                expect(document, "webconf", "Access Edge",
                       ["dns.same-address", "plan.breaks-rule"]))
    document = look(here, access=AV, av=STRANGER)
    tally.check("a_name_led_astray_alone_is_no_pair", [
        line for line in expect(document, "access", "is an A/V Edge", [])
        if not line.startswith("findings")] + [
        one for one in findings(document) if one.startswith("swap.")])
    document = look(here, ("contoso.com",), ports="federation = 5062")
    tally.check("a_record_to_a_closed_port_is_one_finding", [
        f"{findings(document)}"] if findings(document) != ["dns.srv-port"]
        else [])


def check_single_address(tally, here):
    """One address, three ports: nothing of it is swapped."""
    places = dict.fromkeys(("access", "webconf", "av"), STRANGER)
    ports = "access = 5061\nwebconf = 444"
    text = TOPOLOGY.replace(" federation\n", "\n").format(
        ports=ports, **places)
    here.stop("edgesim")
    here.start_edge(here.topology(text))
    topology = here.topology(text)
    here.start_dns(topology)
    document = here.document("-t", topology, "--resolver", lab.RESOLVER,
                             "--ca-file", here.roots, "--timeout", "3")
    here.stop("dnsmasq")
    tally.check("one_address_with_three_ports_is_found_healthy",
                peers.differences(document, [], []))


def inside():
    tally = Tally()
    here = lab.Lab()
    peers.make_root(here)
    peers.make_certificate(here, names=NAMES)
    peers.make_certificate(here, "web", WEB_NAMES)
    here.start_edge(here.topology(TOPOLOGY.format(
        ports="", access=ACCESS, webconf=WEBCONF, av=AV)))
    (here.files / "roots.pem").write_text(
        (here.files / "root.pem").read_text() + here.roots.read_text())
    check_strangers(tally, here)
    check_pairs(tally, here)
    check_neighbours(tally, here)
    check_single_address(tally, here)
    here.alive("edgesim")
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("nginx", "haproxy", "dnsmasq")
    lab.run_inside(__file__, inside)
