#!/usr/bin/env python3
"""web_lab.py - Autodiscover behind a real reverse proxy, nginx, and hostile.

nginx stands in front of nothing: what the web services would answer stands in
its configuration, and so do the mistakes that administrators make there. What
edgeprobe observes and makes of it is compared. Then servers that mean harm
take its place: each must cost no more than its deadline and a bounded amount
of memory, and never look healthy.
"""

import concurrent.futures
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import hostile as h  # noqa: E402
import lab  # noqa: E402
from tally import Tally  # noqa: E402

PROXY = "192.0.2.40"
DEAD = "192.0.2.41"  # nobody is there
DOMAIN = "contoso.com"
WEB = f"https://webext.{DOMAIN}"
ROOT = "/Autodiscover/AutodiscoverService.svc/root"
TOPOLOGY = f"""[deployment]
product = sfb2019
topology = single-public
sip-domains = {DOMAIN}
features = remote-access mobility
[web]
external = webext.{DOMAIN}
meet = meet.{DOMAIN}
address = {PROXY}
[edge one]
access = 192.0.2.10
"""
NAMES = f"DNS:lyncdiscover.{DOMAIN},DNS:webext.{DOMAIN},DNS:meet.{DOMAIN}"

# Timeouts of hostile cases; what waiting for a processor cost is not counted.
STEP_S, RUN_S, SLACK_S = 1, 6, 0.1
RESIDENT_MAX_KB = 64 * 1024


def json_root(base=WEB):
    return json.dumps({"_links": {
        "self": {"href": f"{base}{ROOT}?originalDomain={DOMAIN}"},
        "user": {"href": f"{base}{ROOT}/oauth/user?originalDomain={DOMAIN}"},
        "xframe": {"href": f"{base}/Autodiscover/XFrame/XFrame.html"}}})


def xml_root(location="External", base=WEB):
    return (f'<AutodiscoverResponse AccessLocation="{location}" xmlns:xsi='
            '"http://www.w3.org/2001/XMLSchema-instance"><Root>'
            f'<Link token="Domain" href="{base}{ROOT}/domain"/>'
            f'<Link token="User" href="{base}{ROOT}/user"/>'
            f'<Link token="OAuth" href="{base}{ROOT}/oauth/user"/>'
            '</Root></AutodiscoverResponse>')


JSON_TYPE = "application/json"
XML_TYPE = "application/vnd.microsoft.rtc.autodiscover+xml"
REDIRECT = json.dumps({"_links": {"redirect": {"href": WEB + ROOT}}})
TICKET = f"""
    add_header X-MS-WebTicketURL {WEB}/WebTicket/WebTicketService.svc always;
    add_header WWW-Authenticate 'MsRtcOAuth href="{WEB}/WebTicket/oauthtoken",\
grant_type="urn:microsoft.rtc:windows,password"' always;
    return 401 "";"""


def says(text, kind=JSON_TYPE):
    return f"default_type {kind}; return 200 '{text}';"


def site(root, user=TICKET):
    """Locations of a server: the root, below it the user's resource."""
    return (f"location = / {{ {root} }}\nlocation = {ROOT} {{ {root} }}\n"
            f"location = {ROOT}/user {{ {user} }}\n"
            f"location = {ROOT}/oauth/user {{ {user} }}\n"
            "location / { return 404; }")


HTTPS = site(says(xml_root(), XML_TYPE))
HTTP = site(says(REDIRECT))
PAGE = says("<!DOCTYPE html><html>Welcome to nginx!</html>", "text/html")
HEALTHY = {row: "verified" for row in (
    "dns", "https", "http", "name", "answer", "access-location", "links",
    "host-domain", "user")}
NO_DOCUMENT = dict.fromkeys(
    ("access-location", "links", "host-domain", "user"), "unobserved")

# name: HTTPS and HTTP (None: not there), names in the certificate, rows that
# differ from a healthy proxy, findings
CASES = {
    "healthy_xml": (HTTPS, HTTP, NAMES, {}, set()),
    "healthy_json": (site(says(json_root())), HTTP, NAMES,
                     {"access-location": "n/a"}, set()),
    "healthy_by_wildcard": (HTTPS, HTTP, f"DNS:*.{DOMAIN}", {}, set()),
    "https_alone": (HTTPS, None, NAMES, {"http": "n/a"}, set()),
    "http_that_redirects_to_https": (
        HTTPS, "return 301 https://$host$request_uri;", NAMES, {}, set()),
    "another_site": (
        f"location / {{ {PAGE} }}", f"location / {{ {PAGE} }}", NAMES,
        {**NO_DOCUMENT, "answer": "wrong", "http": "wrong"},
        {"web.other-site"}),
    "internal_site": (
        site(says(xml_root("Internal"), XML_TYPE)), HTTP, NAMES,
        {"access-location": "wrong"}, {"web.internal-site"}),
    "internal_names": (
        site(says(xml_root(base="https://fe01.contoso.net"), XML_TYPE)), None,
        NAMES, {"http": "n/a", "links": "wrong", "host-domain": "warn",
                "user": "unobserved"},
        {"web.internal-site", "web.host-domain"}),
    "relative_links": (
        site(says(json_root(base=""))), None, NAMES,
        {"http": "n/a", "access-location": "n/a", "links": "wrong",
         "host-domain": "unobserved", "user": "unobserved"},
        {"web.links-broken"}),
    "redirect_loop": (
        "location / { return 302 /again; }\n"
        "location = /again { return 302 /; }", None, NAMES,
        {**NO_DOCUMENT, "http": "n/a", "answer": "wrong"},
        {"web.redirect-loop"}),
    "redirects_without_end": (
        "location / { return 302 /$request_id; }", None, NAMES,
        {**NO_DOCUMENT, "http": "n/a", "answer": "wrong"},
        {"web.redirect-loop"}),
    "redirect_into_another_domain": (
        "return 302 https://www.litwareinc.com/;",
        "return 302 https://www.litwareinc.com/;", NAMES,
        {**NO_DOCUMENT, "http": "wrong", "answer": "wrong"},
        {"web.redirect-foreign"}),
    "path_not_published": (
        site(says(xml_root(), XML_TYPE), "return 404;"), HTTP, NAMES,
        {"user": "wrong"}, {"web.not-published"}),
    "pre_authentication": (
        site(says(xml_root(), XML_TYPE),
             "auth_basic proxy; auth_basic_user_file /dev/null;"), HTTP,
        NAMES, {"user": "warn"}, {"web.no-ticket"}),
    "address_filter": (
        site(says(xml_root(), XML_TYPE), "deny all;"), HTTP, NAMES,
        {"user": "wrong"}, {"web.refused"}),
    "pool_not_reached": (
        site(says(xml_root(), XML_TYPE), f"proxy_pass http://{DEAD}:8080;"),
        HTTP, NAMES, {"user": "wrong"}, {"web.pool-unreachable"}),
    "name_lacking_with_http": (
        HTTPS, HTTP, f"DNS:webext.{DOMAIN},DNS:meet.{DOMAIN}",
        {"name": "warn"}, {"web.name-uncovered"}),
    "name_lacking": (
        HTTPS, None, f"DNS:webext.{DOMAIN},DNS:meet.{DOMAIN}",
        {"http": "n/a", "name": "wrong"}, {"web.name-uncovered"}),
}
NGINX = """daemon off;
master_process off;
pid {files}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
access_log off;
client_body_temp_path {files}/body;
proxy_temp_path {files}/proxy;
fastcgi_temp_path {files}/fastcgi;
uwsgi_temp_path {files}/uwsgi;
scgi_temp_path {files}/scgi;
{servers}
}}
"""
SERVER = """server {{ listen {address}:{port}{tls}; server_tokens off;
{locations}
}}
"""


def openssl(here, *arguments):
    subprocess.run(["openssl", *arguments], cwd=here.files, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_root(here):
    openssl(here, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
            "90", "-subj", "/CN=Lab Root", "-keyout", "root.key", "-out",
            "root.pem")
    openssl(here, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj",
            f"/CN=webext.{DOMAIN}", "-keyout", "leaf.key", "-out", "leaf.csr")


def make_leaf(here, names):
    (here.files / "leaf.ext").write_text(
        f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n",
        encoding="ascii")
    openssl(here, "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem",
            "-CAkey", "root.key", "-CAcreateserial", "-days", "60",
            "-extfile", "leaf.ext", "-out", "leaf.pem")


def listens(port):
    with h.socket.socket() as asking:
        asking.settimeout(0.2)
        return asking.connect_ex((PROXY, port)) == 0


def start_nginx(here, https, http):
    tls = f" ssl;\nssl_certificate {here.files}/leaf.pem;\n" \
          f"ssl_certificate_key {here.files}/leaf.key"
    servers = "".join(
        SERVER.format(address=PROXY, port=port, tls=more, locations=locations)
        for port, more, locations in ((443, tls, https), (80, "", http))
        if locations)
    config = here.files / "nginx.conf"
    config.write_text(NGINX.format(files=here.files, servers=servers),
                      encoding="utf-8")
    here.start("nginx", ["nginx", "-p", str(here.files), "-e", "stderr",
                         "-c", str(config)])
    lab.wait_until("nginx", lambda: here.alive("nginx")
                   and listens(443 if https else 80))


def arguments_of(here, topology):
    return ["-t", str(topology), "--resolver", lab.RESOLVER, "--ca-file",
            str(here.files / "root.pem"), "--only", "web", "-4"]


def rows_of(document):
    """{"user": state} of lyncdiscover, and the findings."""
    rows = {}
    for verdict in document["verdicts"]:
        head, _, row = verdict["requirement"].rpartition(".")
        if head == "web.lyncdiscover":
            rows[row] = verdict["state"]
    return rows, {finding["id"] for finding in document["findings"]}


def check_case(tally, here, topology, name):
    https, http, names, changes, findings = CASES[name]
    make_leaf(here, names)
    start_nginx(here, https, http)
    document = here.document(*arguments_of(here, topology), "--timeout", "5")
    here.stop("nginx")
    rows, found = rows_of(document)
    wanted = {**HEALTHY, **changes}
    # the simple URL is at the same server, and answers whatever it does
    site_state = {v["state"] for v in document["verdicts"]
                  if v["requirement"] == "web.simple-url"}
    problems = [f"{row}: {rows.get(row)}, not {wanted[row]}"
                for row in wanted if rows.get(row) != wanted[row]]
    if found != findings:
        problems.append(f"findings {found}, not {findings}")
    if site_state != {"verified"}:
        problems.append(f"simple URL: {site_state}")
    tally.check(f"nginx_{name}", problems)
    return document


def expect_healthy_facts(tally, document):
    seen = {one["facts"]["web.url"]: one for one in document["observations"]
            if "web.url" in one["facts"]}
    root = seen[f"https://lyncdiscover.{DOMAIN}/?sipuri=sip:edgeprobe@"
                f"{DOMAIN}"]["facts"]
    user = seen[f"{WEB}{ROOT}/oauth/user"]["facts"]
    facts = (("form", root.get("web.form"), "xml"),
             ("status", root.get("http.status"), 200),
             ("type", root.get("http.content_type"), XML_TYPE),
             ("server", root.get("http.server"), "nginx"),
             ("links", len(root.get("web.link", [])), 3),
             ("SNI", root.get("tls.sni"), f"lyncdiscover.{DOMAIN}"),
             ("chain", root.get("cert.verify_code"), 0),
             ("user", user.get("http.status"), 401),
             ("ticket", user.get("web.ticket_url"),
              f"{WEB}/WebTicket/WebTicketService.svc"),
             ("grants", user.get("web.grant_type"),
              ["urn:microsoft.rtc:windows", "password"]))
    tally.check("facts_of_a_real_answer", [
        f"{what}: {got!r}, not {wanted!r}" for what, got, wanted in facts
        if got != wanted])


# Hostile servers, in clear text: TLS is what hostile_lab.py sees to.

def http(body=b"", head="", status="200 OK", kind=JSON_TYPE):
    return (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{head}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def after_request(serve):
    def talk(connection):
        h.read_request(connection)
        serve(connection)
    return talk


def first(data, serve):
    def talk(connection):
        connection.sendall(data)
        serve(connection)
    return after_request(talk)


def lead_on(connection):
    """Each answer leads to a URL that was never seen before."""
    count = 0
    while True:
        h.read_request(connection)
        count += 1
        connection.sendall(http(status="302 Found", head="Location: /"
                                f"{os.urandom(8).hex()}/{count}\r\n"))


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"
LAUGHS = "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>"
                 for i in range(1, 10))
HOSTILE = {
    "mute": h.mute,
    "redirects_without_end": lead_on,
    "gzip_bomb": after_request(h.say(http(
        gzip.compress(bytes(200_000_000), 6),
        "Content-Encoding: gzip\r\n"))),
    "gzip_bomb_of_blanks_in_json": after_request(h.say(http(
        gzip.compress(b"{" + b" " * 100_000_000, 6),
        "Content-Encoding: gzip\r\n"))),
    "xml_bomb": after_request(h.say(http(
        f"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY l0 'lol'>{LAUGHS}]>"
        "<AutodiscoverResponse>&l9;</AutodiscoverResponse>".encode(),
        kind=XML_TYPE))),
    "xml_without_end_of_a_tag": after_request(h.say(http(
        b"<AutodiscoverResponse " + b"a" * 1_000_000, kind=XML_TYPE))),
    "xml_so_deep": after_request(h.say(http(b"<a>" * 300_000,
                                            kind=XML_TYPE))),
    "json_so_deep": after_request(h.say(http(
        b'{"_links":' + b"[" * 1_000_000))),
    "json_of_so_many": after_request(h.say(http(
        b'{"_links":{"a":[' + b"{}," * 340_000 + b"1]}}"))),
    "endless_body": first(ENDLESS, h.flood(b" ")),
    "endless_head": first(b"HTTP/1.1 200 OK\r\n",
                          h.flood(b"X-Filler: " + b"y" * 500 + b"\r\n")),
    "endless_header_line": first(b"HTTP/1.1 200 OK\r\nX: ", h.flood(b"y")),
    "endless_continue": after_request(
        h.flood(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "body_in_crumbs": first(ENDLESS, h.say_slowly(b" " * 1000, 0.05)),
    "a_size_that_is_a_lie": after_request(h.say(
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n{")),
    "escapes": after_request(h.say(http(
        json.dumps({"_links": {h.ESCAPES: {"href": h.ESCAPES}, "user": {
            "href": "https://x\x1b[2J/"}}}).encode()))),
}


def hostile_problems(here, topology, name, address):
    h.serve_tcp(address, 80, HOSTILE[name])
    result = here.files / f"{name}.cost"
    command = [sys.executable, "-SE", str(HERE / "measure.py"), str(result),
               str(RUN_S), str(lab.BUILD / "edgeprobe"),
               *arguments_of(here, topology), "--timeout", str(STEP_S),
               "--deadline", str(RUN_S), "-o", "json", "-o",
               f"text:{here.files}/{name}.txt", "--connect",
               f"lyncdiscover.{DOMAIN}::{address}:80"]
    done = subprocess.run(command, cwd=lab.ROOT, env=lab.ENVIRONMENT,
                          check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=10 * RUN_S)
    cost = json.loads(result.read_text(encoding="ascii"))
    if cost["exit"] not in (1, 2, 3):
        yield f"exit {cost['exit']}: {done.stderr.decode()[:500]}"
        return
    document = json.loads(done.stdout)
    rows, _ = rows_of(document)
    if not [one for one in document["observations"] if one["facts"].get(
            "web.url", "").startswith("http://") and one["outcome"] in (
                "answered", "garbled", "no-reply", "closed")]:
        yield "it was not met"
    if rows["answer"] == "verified" or rows["user"] == "verified":
        yield f"looks healthy: {rows}"
    late_ms = document["duration_ms"] - 1000 * (
        RUN_S + SLACK_S + cost["waited_s"])
    if late_ms > 0:
        yield f"{late_ms} ms late: {cost}"
    if cost["resident_kb"] > RESIDENT_MAX_KB:
        yield f"{cost['resident_kb']} KiB"
    text = (here.files / f"{name}.txt").read_bytes()
    if b"\x1b" in text or len(done.stdout) > 1_000_000:
        yield f"it comes through: {len(done.stdout)} bytes of JSON"


def check_hostile(tally, here, topology):
    """Each at an address of its own, some at once: they mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = {name: pool.submit(
            lambda *case: list(hostile_problems(*case)), here, topology,
            name, f"192.0.2.{10 + index}")
            for index, name in enumerate(HOSTILE)}
        for name, problems in found.items():
            tally.check(f"survives_{name}", problems.result())


def inside():
    tally = Tally()
    here = lab.Lab()
    topology = here.topology(TOPOLOGY)
    here.start_dns(topology)
    make_root(here)
    for name in CASES:
        document = check_case(tally, here, topology, name)
        if name == "healthy_xml":
            expect_healthy_facts(tally, document)
    check_hostile(tally, here, topology)
    tally.finish()


def need_nginx():
    if shutil.which("nginx", path=lab.PATH):
        return
    print("skipped: nginx is not installed")
    failed = os.environ.get("CI") == "true"
    print(f"0 passed, {int(failed)} failed")
    sys.exit(failed)


if __name__ == "__main__":
    need_nginx()
    lab.run_inside(__file__, inside)
