#!/usr/bin/env python3
"""tools_lab.py - the tools at the command line, in a private network.

Bad input ends with one clear line and exit code 3: output, error output and
code are compared whole. Then what every run must keep: JSON that jq parses,
also when interrupted; several outputs at once; colour only where it belongs.
"""

import json
import os
import pathlib
import pty
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
from tally import Tally  # noqa: E402

PUBLISHED = 472
BAD_FILES = {
    "junk.pem": "this is no certificate\n",
    "empty.pem": "",
    "typo.conf": "[deployment]\nsip-domains = contoso.com\n[names]\n"
                 "acces = sip.contoso.com\n",
    "address.conf": "[deployment]\nsip-domains = contoso.com\n"
                    "[edge edge1]\naccess = 192.0.2.300\n",
    "empty.conf": "",
    "open.credentials": "username = dXNlcg==\npassword = cGFzcw==\n",
    "edge.credentials": "username = dXNlcg==\npassword = cGFzcw==\n",
    "standard.credentials": "turn-username = u\nturn-password = p\n",
}
TRY_HELP = " (try --help)"

# Command, and the one line it says; {} is the directory of the files.
BAD_EDGEPROBE = [
    ("", "what to look at? A SIP domain, an Edge name or -t FILE" + TRY_HELP),
    ("--nonsense", "unknown option, or its argument is missing: --nonsense"
     + TRY_HELP),
    ("contoso.com -o", "unknown option, or its argument is missing: -o"
     + TRY_HELP),
    ("contoso.com --resolver", "--resolver needs an argument: ADDR[:PORT]"
     + TRY_HELP),
    ("contoso.com fabrikam.com",
     "one target at a time: 'fabrikam.com' is one too many"),
    ("contoso", "target: 'contoso' has no dot, so it is no full host name"),
    ("con..toso.com", "target: 'con..toso.com' is not a host name"),
    ("192.0.2.10", "target: '192.0.2.10' is not a host name but an address;"
     " give the name, and the address with --connect NAME::ADDRESS:PORT"),
    ("https://sip.contoso.com/", "target: 'https://sip.contoso.com/' is not a"
     " host name; give the name in it alone, no URL"),
    ("sip.contoso.com:443", "target: 'sip.contoso.com:443' is not a host name;"
     " give ports with --access NAME:PORT and the like"),
    ("ann@contoso.com", "target: 'ann@contoso.com' is not a host name; write a"
     " SIP address as sip:USER@DOMAIN"),
    ("-t man/examples/contoso.conf fabrikam.org",
     "fabrikam.org is neither a SIP domain nor a name in"
     " man/examples/contoso.conf"),
    ("contoso.com --resolver sip.contoso.com",
     "--resolver: 'sip.contoso.com': not an IPv4 or IPv6 address"),
    ("contoso.com --resolver 192.0.2.53:0",
     "--resolver: '192.0.2.53:0': the port is not a number from 1 to 65535"),
    ("contoso.com --connect sip.contoso.com",
     "--connect: 'sip.contoso.com' is not HOST:PORT:ADDR:PORT"),
    ("contoso.com --connect sip.contoso.com:443:192.0.2.1",
     "--connect: '192.0.2.1' has no port"),
    ("contoso.com --product exchange",
     "--product: 'exchange' is none of lync2010, lync2013, sfb2015, sfb2019,"
     " sfbse"),
    ("contoso.com --kind big",
     "--kind: 'big' is none of single-nat, single-public, scaled-dnslb-nat,"
     " scaled-dnslb-public, scaled-hlb"),
    ("contoso.com --av av",
     "--av: 'av' has no dot, so it is no full host name"),
    ("contoso.com --av av.contoso.com:x", "--av: 'x' is not a port"),
    ("contoso.com --timeout soon",
     "--timeout: 'soon' is not a number of seconds up to 120"),
    ("contoso.com --deadline -1",
     "--deadline: '-1' is not a number of seconds up to 3600"),
    ("contoso.com --color pink",
     "--color: 'pink' is none of auto, always, never"),
    ("contoso.com -4 -6", "-4 and -6 exclude each other"),
    ("contoso.com --only nonsense",
     "--only: 'nonsense' is no probe, area or id (--list-probes,"
     " --list-requirements)"),
    ("--explain nonsense",
     "--explain: no requirement or finding 'nonsense' (--list-requirements,"
     " --list-findings)"),
    ("-t {}/absent.conf", "{}/absent.conf: No such file or directory"),
    ("-t {}/empty.conf", "{}/empty.conf: [deployment] lacks sip-domains"),
    ("-t {}/typo.conf", "{}/typo.conf:4: unknown key 'acces' in [names]"
     " (did you mean 'access'?)"),
    ("-t {}/address.conf",
     "{}/address.conf:4: '192.0.2.300' is not an IPv4 or IPv6 address"),
    ("contoso.com --ca-file {}/absent.pem",
     "cannot read CA file {}/absent.pem: No such file or directory"),
    ("contoso.com --ca-file {}/junk.pem",
     "cannot read CA file {}/junk.pem: no certificate in PEM form in it"),
    ("contoso.com --ca-file {}/empty.pem",
     "cannot read CA file {}/empty.pem: no certificate in PEM form in it"),
    ("contoso.com --credentials {}/absent.credentials",
     "--credentials: cannot read credentials {}/absent.credentials: No such"
     " file or directory"),
    ("contoso.com --credentials {}/open.credentials",
     "--credentials: credentials {}/open.credentials: others may read or"
     " write the file; type: chmod 600 {}/open.credentials"),
    ("contoso.com --credentials {}/standard.credentials",
     "{}/standard.credentials: these are of a standard TURN server (edgeturn"
     " --rfc)"),
    ("contoso.com -o yaml",
     "-o yaml: unknown format 'yaml': expected text, json or ndjson, or"
     " FORMAT:FILE"),
    ("contoso.com -o json:{}/absent/run.json",
     "-o: {}/absent/run.json: No such file or directory"),
    ("nobody.example --resolver 192.0.2.53",
     "nobody.example: dns: no such name, and no SRV record of an Edge leads"
     " to it"),
    ("contoso.com --resolver 127.0.0.1:9 --timeout 1",
     "contoso.com: dns: no resolver answers: 127.0.0.1:9 refused: no DNS"
     " server there"),
]
BAD_EDGETURN = [
    ("av.contoso.com --credentials {}/standard.credentials",
     "{}/standard.credentials: these are of a standard TURN server (edgeturn"
     " --rfc)"),
    ("av.contoso.com --rfc --credentials {}/edge.credentials",
     "{}/edge.credentials: no turn-username, which --rfc needs"),
    ("av.contoso.com --resolver nowhere",
     "--resolver: 'nowhere': not an IPv4 or IPv6 address"),
    ("av.contoso.com --my-address here",
     "--my-address: 'here' is not an address"),
]
EDGE = "--internal sfbedge.contoso.net"
BAD_EDGECHECK = [
    ("", "what to check? --internal, --role, --hlb, --client, --listen,"
     " --toward or --edge-host" + TRY_HELP),
    ("--internal", "--internal: which Edge? Its name in internal DNS, or -t"
     " FILE"),
    ("--internal --client", "--internal and --client: one at a time"),
    ("--internal sfbedge", "EDGE-NAME: 'sfbedge' has no dot, so it is no full"
     " host name"),
    ("--role frontend", "--role: which hosts? Names or addresses, or -t FILE"),
    ("--client", "--client: whose Edge? A SIP domain or an Edge name, or -t"
     " FILE"),
    ("--edge-host edge1", "--edge-host judges this very host; 'edge1' is one"
     " too many"),
    ("--edge-host --node edge1", "--node: give the topology file too (-t"
     " FILE)"),
    (EDGE + " --node edge1",
     "--node goes with --edge-host or --toward, not with --internal"),
    (EDGE + " --balancing dns",
     "--balancing goes with --hlb, not with --internal"),
    ("--edge-host --credentials {}/edge.credentials",
     "--credentials goes with --internal, not with --edge-host"),
    (EDGE + " --mras-uri sip:edge@contoso.com",
     "--mras-uri: give the certificate of a server inside (--cert)"),
    (EDGE + " --key {}/absent.pem",
     "--key: give its certificate too (--cert)"),
    (EDGE + " --key-passphrase-fd here",
     "--key-passphrase-fd: 'here' is not a descriptor"),
    ("--toward 192.0.2.1 --key-fd here",
     "--key-fd: 'here' is not a descriptor"),
    ("--edge-host --host-facts {}/absent.json",
     "--host-facts: {}/absent.json: No such file or directory"),
]
BAD_EDGESIM = [
    ("--netns edge1", "--netns: 'edge1' is not NODE=FILE"),
    ("--lists-at here", "--lists-at: 'here' is not an address"),
    ("--netns edge1=/nonexistent",
     "--netns: /nonexistent: No such file or directory"),
    ("extra", "unexpected argument 'extra'" + TRY_HELP),
    ("--fault", "--fault needs an argument: ID[@NODE]" + TRY_HELP),
    ("-t {}/absent.conf", "{}/absent.conf: No such file or directory"),
    ("-t {}/typo.conf", "{}/typo.conf:4: unknown key 'acces' in [names]"
     " (did you mean 'access'?)"),
    ("--fault mute-acces",
     "--fault: unknown fault 'mute-acces' (did you mean 'mute-access'?)"),
    ("--fault mute-access@edge9",
     "--fault: fault 'mute-access': unknown node 'edge9'"),
    ("--domain con_toso.com", "--domain: 'con_toso.com' is not a DNS name"),
    ("--node edge9", "--node: unknown node 'edge9'"),
    ("--ca-out {}/absent/ca.pem",
     "--ca-out: {}/absent/ca.pem.new: No such file or directory"),
]


def run_tool(here, tool, words):
    command = [str(lab.BUILD / "san" / tool),
               *words.replace("{}", str(here.files)).split()]
    done = subprocess.run(command, cwd=lab.ROOT, env=lab.ENVIRONMENT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def check_bad_input(tally, here):
    for name, text in BAD_FILES.items():
        (here.files / name).write_text(text, encoding="ascii")
        (here.files / name).chmod(0o644 if "open" in name else 0o600)
    for tool, table in (("edgeprobe", BAD_EDGEPROBE),
                        ("edgeturn", BAD_EDGETURN),
                        ("edgecheck", BAD_EDGECHECK),
                        ("edgesim", BAD_EDGESIM)):
        for words, line in table:
            got = run_tool(here, tool, words)
            line = f"{tool}: {line}\n".replace("{}", str(here.files))
            tally.same(f"bad input: {tool} {words}", got, (3, "", line))


def jq(text, expression="."):
    """What jq makes of it; None when it does not parse or is not so."""
    done = subprocess.run(["jq", "-e", expression], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    return done.stdout if done.returncode == 0 else None


def expect(*facts):
    return [description for description, fact in facts if not fact]


def check_lists(tally, here):
    code, out, err = here.probe("--list-requirements")
    own = len((HERE.parents[1] / "common/tables/services.tsv").read_text(
        encoding="utf-8").splitlines()) - 1
    tally.same("lists_every_requirement",
               (code, len(out.splitlines()) - own, err), (0, PUBLISHED, ""))
    ids = [line.split()[0] for line in out.splitlines()]
    _, out, _ = here.probe("--list-findings")
    findings = [line.split()[0] for line in out.splitlines()]
    dumb = []
    for name in ids[::20] + findings:
        code, out, err = here.probe("--explain", name)
        if code or err or len(out.splitlines()) < 3:
            dumb.append(f"{name}: exit {code}: {err or out}")
    tally.check("explains_requirements_and_findings", dumb)
    code, out, err = here.probe("--list-probes")
    names = {line.split()[0] for line in out.splitlines()}
    tally.same("lists_probes", (code, names >= {
        "dns", "sip", "webconf", "msturn-allocate", "msturn-allocate-tcp",
        "xmpp"}),
               (0, True))
    for option in ("--help", "--usage", "-V"):
        code, out, err = here.probe(option)
        tally.same(f"{option}_goes_to_standard_output",
                   (code, bool(out), err), (0, True, ""))


def check_outputs(tally, here, common):
    kept, records = here.files / "run.json", here.files / "run.ndjson"
    code, out, err = here.probe(
        "sip.contoso.com", *common, "-o", "text", "-o", f"json:{kept}",
        "-o", f"ndjson:{records}")
    whole = kept.read_text() if kept.exists() else ""
    lines = records.read_text().splitlines() if records.exists() else []
    tally.check("writes_several_outputs_at_once", expect(
        (f"exit code 0 or 1: {code} {err}", code in (0, 1)),
        ("text on standard output", "sip.contoso.com" in out),
        ("jq parses the document", jq(whole, '.schema == "edgeprobe/1"')),
        ("the document knows the exit code", jq(whole, f".exit == {code}")),
        ("jq parses each record", lines and all(map(jq, lines))),
        ("each record has a type", all(jq(line, ".type") for line in lines)),
        ("nothing is left beside them",
         not [p for p in here.files.iterdir()
              if "run." in p.name and p not in (kept, records)])))
    tally.check("has_no_colour_without_a_terminal",
                ["escape in the text"] if "\x1b" in out else [])
    _, out, _ = here.probe("sip.contoso.com", *common, "--color=always")
    tally.check("has_colour_when_told",
                [] if "\x1b[" in out else ["no escape in the text"])
    tally.check("a_healthy_report_fits_on_a_screen", expect(
        ("at most 80 columns",
         all(len(line) <= 80 for line in plain(out).splitlines())),
        (f"at most 24 lines, not {len(out.splitlines())}",
         len(out.splitlines()) <= 24)))
    _, verbose, _ = here.probe("sip.contoso.com", *common, "-v")
    tally.check("shows_more_when_verbose", expect(
        ("is longer", len(verbose) > 2 * len(plain(out)))))


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def at_terminal(here, arguments, **environment):
    """Standard output of a run whose output is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(lab.BUILD / "san/edgeprobe"), *map(str, arguments)],
        cwd=lab.ROOT, stdin=subprocess.DEVNULL, stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**lab.ENVIRONMENT, "TERM": "xterm", **environment})
    os.close(theirs)
    shown = b""
    try:
        while True:
            more = os.read(ours, 4096)
            if not more:
                break
            shown += more
    except OSError:
        pass  # what a terminal says at its end
    os.close(ours)
    process.wait(30)
    return shown.decode()


def check_terminal(tally, here, common):
    run = ["sip.contoso.com", *common, "--only", "dns"]
    tally.check("has_colour_at_a_terminal", expect(
        ("an escape", "\x1b[" in at_terminal(here, run))))
    tally.check("has_no_colour_where_it_is_not_wanted", expect(
        ("NO_COLOR", "\x1b" not in at_terminal(here, run, NO_COLOR="1")),
        ("--color=never",
         "\x1b" not in at_terminal(here, [*run, "--color=never"])),
        ("a dumb terminal",
         "\x1b" not in at_terminal(here, run, TERM="dumb"))))


def check_system_resolver(tally, here):
    """The enclosure's own /etc/resolv.conf leads to its DNS server."""
    path = here.files / "resolv.conf"
    path.write_text(f"nameserver {lab.RESOLVER}\n", encoding="ascii")
    if subprocess.run(["mount", "--bind", path, "/etc/resolv.conf"],
                      check=False).returncode:
        return
    document = here.document("sip.contoso.com", "--ca-file", here.roots)
    tally.check("asks_the_resolver_of_the_system", expect(
        (f"exit code {document['exit']}", document["exit"] in (0, 1))))
    subprocess.run(["umount", "/etc/resolv.conf"], check=True)


def check_choices(tally, here, common):
    document = here.document("sip.contoso.com", *common, "-4")
    tally.check("looks_at_one_family_when_told", [
        seen["endpoint"]["address"] for seen in document["observations"]
        if ":" in seen["endpoint"]["address"]])
    document = here.document("sip.contoso.com", *common, "--only", "dns")
    tally.check("looks_only_where_told", [
        seen["probe"] for seen in document["observations"]
        if seen["probe"] != "dns"])
    document = here.document("sip.contoso.com", *common, "--skip",
                             "msturn-allocate,msturn-allocate-tcp")
    tally.check("leaves_out_what_it_is_told_to", [
        seen["probe"] for seen in document["observations"]
        if seen["probe"].startswith("msturn")])
    document = here.document(
        "sip.contoso.com", *common, "--connect",
        "sip.contoso.com:443:192.0.2.11:443")
    tally.check("connects_where_it_is_told_to", [
        seen["endpoint"]["address"] for seen in document["observations"]
        if seen["probe"].startswith("sip")
        and seen["endpoint"]["port"] == 443
        and seen["endpoint"]["address"] != "192.0.2.11"])


def relays_asked(document, *probes):
    return sorted({seen["endpoint"]["address"]
                   for seen in document["observations"]
                   if seen["probe"] in probes})


def check_credentials(tally, here, common):
    """Every address of the A/V name is asked, and nothing secret is told."""
    secret = "bm90IGEgcmVhbCBwYXNzd29yZA=="
    path = here.files / "my.credentials"
    path.write_text(f"username = AQAAIExhYg==\npassword = {secret}\n"
                    "expires = 2001-01-01T00:00:00Z\n", encoding="ascii")
    path.chmod(0o600)
    run = ["sip.contoso.com", *common, "-o", "json"]
    code, out, err = here.probe(*run, "--credentials", path)
    _, told, noise = here.probe(*run, "-vv", "--credentials", path)
    document = json.loads(out)
    tally.same("asks_each_relay_with_credentials", *(
        (relays_asked(document, "msturn" + way),
         relays_asked(document, "msturn" + way + "-tcp"))
        for way in ("-relay", "-allocate")))
    tally.check("credentials_that_are_refused_are_not_held_against_the_edge", [
        f"{verdict['requirement']} is {verdict['state']}"
        for verdict in document["verdicts"]
        if verdict["requirement"].startswith("av.allocates.")
        and verdict["state"] not in ("unobserved", "n/a")])
    tally.check("says_that_credentials_have_expired", expect(
        (f"exit code {code}", code in (0, 1, 3)),
        (err, "my.credentials: these have expired" in err)))
    tally.check("credentials_stand_in_no_output", [
        word for word in (secret, "not a real password")
        if word in out + err + told + noise])
    document = here.document("sip.contoso.com", *common)
    tally.same("asks_no_relay_for_more_without_credentials",
               relays_asked(document, "msturn-relay", "msturn-relay-tcp"), [])


def check_good_credentials(tally, here, common):
    """Those that this Edge gave out; over IPv6 an IPv4 relay is granted."""
    document = here.document("sip.contoso.com", *common, "--credentials",
                             here.files / "good.credentials")
    rows = [verdict for verdict in document["verdicts"]
            if verdict["requirement"] in
            ("av.allocates.udp", "av.allocates.tcp", "av.relay-address")
            and verdict["state"] != "verified"]
    asked = relays_asked(document, "msturn-allocate")
    tally.check("finds_each_relay_of_a_healthy_pool_healthy", expect(
        (f"exit code {document['exit']}", document["exit"] in (0, 1)),
        (f"all granted, and their own: {rows}", not rows),
        ("each released", relays_asked(document, "msturn-release") == asked),
        ("packets came back", all(
            seen["facts"]["relay.back"] == seen["facts"]["relay.sent"]
            for seen in document["observations"]
            if seen["probe"].startswith("relay-path")
            and seen["outcome"] != "local")),
        ("some of them", any(seen["probe"] == "relay-path" and
                             seen["outcome"] == "answered"
                             for seen in document["observations"]))))


def check_targets(tally, here, common):
    """Whatever way the target is written, it is the same deployment."""
    for words in ("sip.contoso.com.", "CONTOSO.COM", "sips:ann@contoso.com",
                  "contoso.com -t tests/lab/plain.conf",
                  "contoso.com. --sip-domain fabrikam.com."):
        document = here.document(*words.split(), *common)
        domains = {verdict["subject"].lower()
                   for verdict in document["verdicts"]
                   if verdict["requirement"] == "dns.sip-tls-required"}
        wanted = {"contoso.com"}
        if "-" in words:
            wanted.add("fabrikam.com")
        tally.same(f"target: {words}", (document["exit"], domains),
                   (0, wanted))


def check_interrupt(tally, here, topology, common):
    """Everything is mute; the run is stopped in the middle."""
    here.stop("edgesim")
    here.start_edge(topology, ["mute-access", "mute-webconf", "mute-av-tcp"])
    for form, parts in (("json", lambda out: [out]),
                        ("ndjson", str.splitlines)):
        code, out, err = here.probe(
            "sip.contoso.com", "-o", form, *common, "--timeout", "20",
            interrupt_s=1.5, timeout_s=10)
        tally.check(f"{form}_parses_after_an_interrupt", expect(
            (f"ends by itself: {code} {err}", code in (2, 3)),
            ("there is something", out),
            ("jq parses all", all(map(jq, parts(out))))))
    kept = here.files / "stopped.json"
    here.probe("sip.contoso.com", "-o", f"json:{kept}", *common, "--timeout",
               "20", interrupt_s=1.5, timeout_s=10)
    text = kept.read_text() if kept.exists() else ""
    tally.check("a_file_is_whole_after_an_interrupt",
                expect(("jq parses it", jq(text, ".observations"))))
    tally.check("an_interrupt_is_not_held_against_the_edge", expect(
        ("what was open is local, and nothing is blocked",
         jq(text, '[.verdicts[] | select(.state == "blocked")] == []'))))


def check_deadline(tally, here, common):
    """The same mute deployment; the run's deadline ends it."""
    code, out, _ = here.probe("sip.contoso.com", "-o", "json", *common,
                              "--timeout", "20", "--deadline", "1.5",
                              timeout_s=10)
    tally.check("a_deadline_ends_a_run", expect(
        (f"exit code {code}", code in (2, 3)),
        ("jq parses it", jq(out)),
        ("within its time",
         jq(out, ".duration_ms < 3000"))))


def inside():
    here = lab.Lab()
    tally = Tally()
    topology = here.topology()
    here.start_dns(topology)
    here.start_edge(topology, options=[
        "--credentials-out", here.files / "good.credentials"])
    common = ["--resolver", lab.RESOLVER, "--ca-file", here.roots]
    check_bad_input(tally, here)
    check_lists(tally, here)
    check_outputs(tally, here, common)
    check_terminal(tally, here, common)
    check_system_resolver(tally, here)
    check_choices(tally, here, common)
    check_credentials(tally, here, common)
    check_good_credentials(tally, here, common)
    check_targets(tally, here, common)
    check_interrupt(tally, here, topology, common)
    check_deadline(tally, here, common)
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
