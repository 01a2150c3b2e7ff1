#!/usr/bin/env python3
"""roles_lab.py - edgecheck --role, --hlb and --client.

Each server role is stood in for by edgesim --role, and looked at when all is
well, by its file, its name and its address; then every port is shut, silent
and taken by a stranger, and exactly its rows have to say so, at that server
alone. nginx and kamailio take the ports of web and SIP; haproxy is the load
balancer, with one service dead behind it. Clients look at an Edge that loses
one port at a time.
"""

import csv
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import peers  # noqa: E402
from tally import Tally  # noqa: E402

LIMITS = ["--timeout", "1", "--deadline", "30"]
TABLES = lab.ROOT / "common/tables"
FE1, FE2, DIRECTOR, MEDIATION = ("10.1.0.11", "10.1.0.12", "10.1.0.21",
                                 "10.1.0.31")
CHAT, OFFICE, VIP = "10.1.0.41", "10.1.0.51", "10.1.0.10"
MORE = [FE1, FE2, DIRECTOR, MEDIATION, CHAT, OFFICE, VIP]
TOPOLOGY = f"""[deployment]
product = sfb2019
topology = single-public
sip-domains = contoso.com
internal-domain = contoso.net
features = remote-access webconf av federation fe-hlb-only
[pool pool01.contoso.net]
role = frontend
servers = fe1.contoso.net fe2.contoso.net
addresses = {FE1} {FE2}
vip = {VIP}
[pool dir.contoso.net]
role = director
servers = dir1.contoso.net
addresses = {DIRECTOR}
[pool med.contoso.net]
role = mediation
addresses = {MEDIATION}
[pool chat.contoso.net]
role = persistent-chat
servers = chat1.contoso.net
addresses = {CHAT}
[pool office.contoso.net]
role = office-web-apps
servers = office1.contoso.net
addresses = {OFFICE}
[edge edge1]
access = 192.0.2.10
webconf = 192.0.2.20
av = 192.0.2.30
"""
DNS = f"""address=/fe1.contoso.net/{FE1}
address=/dir1.contoso.net/{DIRECTOR}
"""
NODES = {"frontend": ("fe1.contoso.net", "fe2.contoso.net"),
         "frontend-collocated-mediation": ("fe1.contoso.net",
                                           "fe2.contoso.net"),
         "director": ("dir1.contoso.net",),
         "mediation": ("med.contoso.net",),
         "persistent-chat": ("chat1.contoso.net",),
         "office-web-apps": ("office1.contoso.net",)}
PARTS = {"frontend-collocated-mediation":
         ("frontend", "frontend-collocated-mediation"),
         "persistent-chat": ("persistent-chat-frontend",)}
# A stranger is no stranger where it says what could be expected there.
GREETS = "ssh-port"


def table(name):
    with open(TABLES / f"{name}.tsv", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t",
                                   quoting=csv.QUOTE_NONE))


def rows_of(role):
    """{row: port} of what a look from inside has to see of a role."""
    parts = PARTS.get(role, (role,))
    return {row["id"]: int(row["port_first"]) for row in table("server-ports")
            if row["role"] in parts and row["side"] == "listen"
            and row["requirement"] == "required"
            and "inside" in row["verify_from"].split(",")}


class Site:
    """What stands in the lab, and edgecheck beside it."""

    def __init__(self):
        self.here = lab.Lab()
        # the sanitized one is slow to answer while many tests run
        self.here.edgesim = lab.BUILD / "edgesim"
        self.topology = self.here.topology(TOPOLOGY)
        self.here.start_dns(self.topology, DNS)

    def start(self, *options, faults=()):
        if "edgesim" in self.here.processes:
            self.here.stop("edgesim")
        self.here.start_edge(self.topology, faults, options)

    def check(self, *arguments):
        """The document of a run; its exit code has to be what it says."""
        done = subprocess.run(
            [str(lab.BUILD / "san/edgecheck"), *LIMITS, "--resolver",
             lab.RESOLVER, "--ca-file", str(self.here.roots), "-o", "json",
             *map(str, arguments)], capture_output=True, text=True,
            check=False, timeout=90, env=lab.ENVIRONMENT)
        try:
            document = json.loads(done.stdout)
        except ValueError as why:
            raise RuntimeError(f"no JSON: {done.stderr}") from why
        if document["exit"] != done.returncode:
            raise RuntimeError(f"exit {done.returncode}: {done.stderr}")
        return document


def states(document):
    """{(row, node): state} of what was needed, beside what a file settles."""
    return {(one["requirement"], one["node"]): one["state"]
            for one in document["verdicts"]
            if one["needed"] and one["vantage"] != "plan"}


def differences(got, wanted):
    for key in sorted(set(got) | set(wanted)):
        if got.get(key) != wanted.get(key):
            yield f"{key}: {got.get(key)} instead of {wanted.get(key)}"


def all_verified(role, nodes=None):
    return {(row, node): "verified" for row in rows_of(role)
            for node in nodes or NODES[role]}


def check_healthy(tally, site):
    for role in NODES:
        site.start("--role", role)
        document = site.check("--role", role, "-t", site.topology)
        tally.check(f"{role}_is_verified_at_every_server",
                    differences(states(document), all_verified(role)))
        tally.same(f"{role}_exits_0", document["exit"], 0)
        tally.same(f"{role}_has_no_finding", document["findings"], [])
        tally.same(f"{role}_is_seen_from_inside", document["vantage"],
                   "inside")


def check_ways(tally, site):
    """By name, through DNS; by address; and what DNS does not know."""
    site.start("--role", "director")
    for host in ("dir1.contoso.net", DIRECTOR):
        document = site.check("--role", "director", host)
        tally.check(f"without_a_file_by_{host}", differences(
            states(document), all_verified("director", [host])))
    document = site.check("--role", "director", "dir2.contoso.net")
    tally.check("a_host_that_dns_does_not_know", differences(
        states(document), {(row, "dir2.contoso.net"): "wrong"
                           for row in rows_of("director")}))
    tally.same("is_named_as_such", [one["id"] for one in document["findings"]],
               ["server.name-unknown"])
    document = site.check("--role", "director", "--only",
                          "srv.director.frontend-service.tcp444", DIRECTOR)
    tally.same("only_one_row", states(document), {
        ("srv.director.frontend-service.tcp444", DIRECTOR): "verified"})


def drop(ports):
    subprocess.run(["nft", "-f", "-"], check=True, text=True,
                   env=lab.ENVIRONMENT, input="""
table ip way
delete table ip way
table ip way { chain input {
    type filter hook input priority 0;
""" + "".join(f"ip daddr {FE1} tcp dport {port} drop\n" for port in ports)
                   + "}\n}\n")


def turned(role, node, ports, state):
    """The healthy server, but these ports of one node."""
    wanted = all_verified(role)
    for row, port in rows_of(role).items():
        if port in ports:
            wanted[row, node] = state
    return wanted


def check_ports(tally, site):
    """Every port in turn, half of them at a time; one alone as well."""
    role, node = "frontend-collocated-mediation", "fe1.contoso.net"
    ports = sorted(set(rows_of(role).values()))
    cases = {"every_other": ports[::2], "the_others": ports[1::2],
             "one": [5061]}
    for name, chosen in cases.items():
        site.start("--role", role, faults=[
            f"refuse-port:{port}@{node}" for port in chosen])
        document = site.check("--role", role, "-t", site.topology)
        tally.check(f"{name}_refused_is_blocked_there_alone", differences(
            states(document), turned(role, node, chosen, "blocked")))
        tally.same(f"{name}_refused_is_one_finding",
                   [one["id"] for one in document["findings"]],
                   ["server.blocked"])
    site.start("--role", role)
    for name, chosen in cases.items():
        drop(chosen)
        document = site.check("--role", role, "-t", site.topology)
        tally.check(f"{name}_silent_is_blocked_there_alone", differences(
            states(document), turned(role, node, chosen, "blocked")))
    drop([])
    site.start("--role", role, faults=[
        f"{GREETS}:{port}@{node}" for port in ports])
    document = site.check("--role", role, "-t", site.topology)
    tally.check("a_stranger_is_wrong_at_every_port", differences(
        states(document), turned(role, node, ports, "wrong")))
    tally.same("and_is_named", [one["id"] for one in document["findings"]],
               ["server.wrong-service"])


def check_strangers(tally, site):
    """A web server over TLS where another protocol is wanted in TLS."""
    role, node = "frontend", "fe2.contoso.net"
    strange = [5061, 8057, 8058, 5086, 5087, 8404]
    mute = [5061, 444, 443, 80, 8080, 4443, 8057]
    site.start("--role", role, faults=[
        f"http-port:{port}@{node}" for port in strange])
    document = site.check("--role", role, "-t", site.topology)
    certain = [5061, 8057, 8058]  # the others want a certificate first
    tally.check("a_web_server_in_the_place_of_others", differences(
        states(document), turned(role, node, certain, "wrong")))
    site.start("--role", role, faults=[
        f"mute-port:{port}@{node}" for port in mute])
    document = site.check("--role", role, "-t", site.topology)
    tally.check("a_port_that_says_nothing_where_it_should", differences(
        states(document), turned(role, node, mute, "blocked")))


HAPROXY = """\
defaults
    mode tcp
    retries 0
    timeout connect 1s
    timeout client 10s
    timeout server 10s
"""


def balanced_ports(mode):
    return sorted({int(row["port_first"]) for row in table("hlb-ports")
                   if row["balancer"] == "frontend" and row["mode"] == mode
                   and row["required_when"] == "always"})


def start_haproxy(site):
    config = HAPROXY
    for port in balanced_ports("hlb-only"):
        config += (f"listen on{port}\n    bind {VIP}:{port}\n"
                   f"    server fe1 {FE1}:{port}\n"
                   f"    server fe2 {FE2}:{port}\n")
    path = site.here.files / "haproxy.cfg"
    path.write_text(config, encoding="ascii")
    peers.start(site.here, "haproxy", ["haproxy", "-db", "-f", str(path)],
                (VIP, 5061))


def check_balancer(tally, site):
    """Both tables, by file and by address; then a service that is dead."""
    site.start("--role", "frontend")
    start_haproxy(site)
    rows = {row["id"] for row in table("hlb-ports")
            if row["balancer"] == "frontend"
            and row["required_when"] == "always"}
    only = {row for row in rows if row.startswith("hlb.only.")}
    document = site.check("--hlb", "frontend", "-t", site.topology)
    healthy = {(row, "pool01.contoso.net"): "verified"
               for row in only | {"fe.hlb-only-ports"}}
    tally.check("the_balancer_passes_every_port",
                differences(states(document), healthy))
    document = site.check("--hlb", "frontend", "--balancing", "dns", VIP)
    tally.check("with_dns_load_balancing_web_alone", differences(
        states(document), {(row, VIP): "verified" for row in rows - only}))
    site.start("--role", "frontend", faults=["refuse-port:5075",
                                             "refuse-port:443"])
    document = site.check("--hlb", "frontend", "-t", site.topology)
    tally.check("a_service_that_is_dead_behind_it", differences(
        states(document), {**healthy, **{
            (row, "pool01.contoso.net"): "blocked" for row in (
                "hlb.only.frontend.tcp5075", "hlb.only.frontend.tcp443",
                "fe.hlb-only-ports")}}))
    tally.same("is_the_balancers",
               [one["id"] for one in document["findings"]],
               ["balancer.blocked"])
    site.here.stop("haproxy")


NGINX = """\
daemon off;
worker_processes 1;
error_log stderr;
pid {files}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {files};
    proxy_temp_path {files};
    fastcgi_temp_path {files};
    uwsgi_temp_path {files};
    scgi_temp_path {files};
    server {{ {plain} return 403; }}
    server {{
        {secure}
        ssl_certificate {files}/leaf.pem;
        ssl_certificate_key {files}/leaf.key;
        return 401;
    }}
}}
"""
KAMAILIO = """\
debug=0
log_stderror=yes
children=1
tcp_children=2
auto_aliases=no
enable_tls=yes
disable_core_dump=yes
listen=tls:{host}:5061
listen=tcp:{host}:5060
loadmodule "tls.so"
loadmodule "sl.so"
modparam("tls", "config", "{files}/tls.cfg")
request_route {{
    sl_send_reply("404", "Not here");
}}
"""
TLS = """\
[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
certificate = {files}/leaf.pem
private_key = {files}/leaf.key
ca_list = {files}/root.pem
"""


def check_real(tally, site):
    """A Director's web ports by nginx, its SIP by kamailio."""
    here = site.here
    here.stop("edgesim")
    peers.make_root(here)
    peers.make_certificate(here, names=("dir1.contoso.net",))
    site.here.roots = here.files / "root.pem"
    config = here.files / "nginx.conf"
    config.write_text(NGINX.format(
        files=here.files, plain=f"listen {DIRECTOR}:80;",
        secure=f"listen {DIRECTOR}:443 ssl; listen {DIRECTOR}:444 ssl;"),
        encoding="ascii")
    peers.start(here, "nginx", ["nginx", "-p", str(here.files), "-e",
                                "stderr", "-c", str(config)],
                (DIRECTOR, 80), (DIRECTOR, 443), (DIRECTOR, 444))
    config = here.files / "kamailio.cfg"
    config.write_text(KAMAILIO.format(host=DIRECTOR, files=here.files),
                      encoding="ascii")
    (here.files / "tls.cfg").write_text(TLS.format(files=here.files),
                                        encoding="ascii")
    peers.start(here, "kamailio", [
        "kamailio", "-DD", "-E", "-m", "32", "-M", "8", "-f", str(config),
        "-Y", str(here.files), "-P", str(here.files / "kamailio.pid")],
        (DIRECTOR, 5060), (DIRECTOR, 5061))
    document = site.check("--role", "director", "-t", site.topology)
    tally.check("nginx_and_kamailio_are_verified",
                differences(states(document), all_verified("director")))
    said = {one["requirement"]: one["because"]
            for one in document["verdicts"] if one["node"] in
            NODES["director"]}
    for row, words in (
            ("srv.director.frontend-service.tcp5061", "SIP answers 404"),
            ("srv.director.frontend-service.tcp5060", "SIP answers 404"),
            ("srv.director.web-compatibility-service.tcp80",
             "HTTP answers 403 (nginx"),
            ("srv.director.web-compatibility-service.tcp443",
             "HTTP answers 401 (nginx")):
        tally.check(f"{row}_says_who_answers",
                    [] if words in said.get(row, "") else [str(said.get(row))])
    for name in ("kamailio", "nginx"):
        here.stop(name)


CLIENT = {"cli.sip-tls.tcp443": ("access", "192.0.2.10"),
          "cli.psom-tls.tcp443": ("webconf", "192.0.2.20"),
          "cli.stun-msturn.tcp443": ("av-tcp", "192.0.2.30"),
          "cli.stun-msturn.udp3478": ("av-udp", "192.0.2.30")}
RULE = "client.external-ports-when"


def check_clients(tally, site):
    site.here.roots = site.here.files / "ca.pem"
    healthy = {(row, address): "verified"
               for row, (_, address) in CLIENT.items()}
    healthy.update({(RULE, address): "verified"
                    for _, address in CLIENT.values()})
    site.start()
    document = site.check("--client", "contoso.com")
    tally.check("clients_reach_the_edge_of_others",
                differences(states(document), healthy))
    tally.same("exit_0", document["exit"], 0)
    document = site.check("--client", "-t", site.topology)
    tally.check("and_their_own", differences(states(document), {
        (row, "edge1"): "verified" for row in (*CLIENT, RULE)}))
    for row, (listener, address) in CLIENT.items():
        site.start(faults=[f"refuse-{listener}"])
        document = site.check("--client", "contoso.com")
        tally.check(f"without_{listener}", differences(
            states(document), {**healthy, (row, address): "blocked",
                               (RULE, address): "blocked"}))


def judged_again(site, *documents):
    files = []
    for number, document in enumerate(documents):
        path = site.here.files / f"saved{number}.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        files.append(path)
    code, out, err = site.here.probe("judge", "-t", site.topology, "-o",
                                     "json", *files)
    try:
        return json.loads(out)
    except ValueError as why:
        raise RuntimeError(f"exit {code}: {err}") from why


def check_saved(tally, site):
    """Runs for several roles, and one from outside, put together."""
    site.start("--role", "frontend", faults=[
        "refuse-port:5061@fe2.contoso.net"])
    servers = site.check("--role", "frontend", "-t", site.topology)
    site.start("--role", "director")
    director = site.check("--role", "director", "-t", site.topology)
    site.start()
    outside = site.here.document(
        "-t", site.topology, "--resolver", lab.RESOLVER, "--ca-file",
        site.here.roots, "--timeout", "2")
    tally.check("judged_again_it_is_the_same", differences(
        states(judged_again(site, servers)), states(servers)))
    tally.check("and_so_it_is_without_its_file_for_hosts", differences(
        states(judged_again(site, director)), states(director)))
    tally.check("put_together_nothing_is_lost", differences(
        states(judged_again(site, servers, outside, director)),
        {**states(servers), **states(director), **states(outside)}))


def inside():
    tally = Tally()
    site = Site()
    for check in (check_healthy, check_ways, check_ports, check_strangers,
                  check_balancer, check_clients, check_saved, check_real):
        check(tally, site)
    tally.finish()


if __name__ == "__main__":
    peers.need_programs("dnsmasq", "nft", "haproxy", "nginx", "kamailio")
    lab.run_inside(__file__, inside, more=MORE)
