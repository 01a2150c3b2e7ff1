#!/usr/bin/env python3
"""import_lab.py - edgeplan import: the product's own files, and hostile ones.

The recorded samples are read in place, beside the project, where they are;
one of our own is always tried. What is hostile must end in one clear line,
within 2 s and 64 MiB.
"""

import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent)]
from tally import Tally  # noqa: E402

EDGEPLAN = ROOT / os.environ.get("BUILD", "build") / "edgeplan"
SHARED = ROOT / os.environ.get("SHARED", "../shared")
SAMPLES = SHARED / "protocols/topology-samples"
CORPUS = SHARED / "corpus/xml"
LIMIT_S, LIMIT_KIB = 2, 64 * 1024

DEPLOY = "urn:schema:Microsoft.Rtc.Management.Deploy"
PORTS = """
<Port Owner="urn:component:AccessEdge" Usage="SipClient" Port="443"
 InterfaceSide="External" InterfaceNumber="1" ConfiguredFqdn="sip.contoso.com"/>
<Port Owner="urn:component:DataEdge" Usage="PsomClient" Port="443"
 InterfaceSide="External" InterfaceNumber="2" ConfiguredFqdn="web.contoso.com"/>
<Port Owner="urn:component:MediaRelayEdge" Usage="TURNServer" Port="443"
 Protocol="Tcp" InterfaceSide="External" InterfaceNumber="3"
 ConfiguredFqdn="av.contoso.com"/>
"""
OWN = f"""<Topology xmlns="{DEPLOY}.Topology.2008">
<InternalDomains DefaultDomain="contoso.com">
 <InternalDomain Name="contoso.com"/><InternalDomain Name="fabrikam.com"/>
</InternalDomains>
<Sites><CentralSite SiteId="1"><Name>Here</Name></CentralSite></Sites>
<Clusters><Cluster Fqdn="edge.contoso.net"><ClusterId SiteId="1" Number="1"/>
<Machine Fqdn="edge1.contoso.net">
<NetInterface InterfaceSide="Internal" InterfaceNumber="1"
 IPAddress="172.25.33.10"/>
<NetInterface InterfaceSide="External" InterfaceNumber="1"
 IPAddress="192.0.2.10"/>
<NetInterface InterfaceSide="External" InterfaceNumber="2"
 IPAddress="192.0.2.20"/>
<NetInterface InterfaceSide="External" InterfaceNumber="3"
 IPAddress="192.0.2.30"/>
</Machine></Cluster></Clusters>
<Services><Service ServiceVersion="8">
<ServiceId SiteId="1" RoleName="EdgeServer" Instance="1"/>
<InstalledOn><ClusterId SiteId="1" Number="1"/></InstalledOn>
<Ports xmlns="{DEPLOY}.ServiceRoles.2008">{PORTS}</Ports></Service></Services>
</Topology>"""


def plan(*arguments):
    """Exit code, output, error output, seconds and KiB of one run."""
    watch = ("import resource, subprocess, sys, time\n"
             "began = time.monotonic()\n"
             "code = subprocess.run(sys.argv[1:]).returncode\n"
             "spent = time.monotonic() - began\n"
             "use = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
             "print(code, spent, use.ru_maxrss, file=sys.stderr)\n")
    done = subprocess.run(
        [sys.executable, "-c", watch, str(EDGEPLAN), *map(str, arguments)],
        cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", timeout=60)
    said, _, last = done.stderr.rstrip("\n").rpartition("\n")
    code, spent, most = last.split()
    return int(code), done.stdout, said, float(spent), int(most)


def sample_problems():
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix == ".json" or path.suffix == ".md":
            continue
        wanted = path.with_name(path.name.partition(".")[0] + ".expect.json")
        code, out, said, _, _ = plan("import", path, "-o", "json")
        if code or said or json.loads(out) != json.loads(wanted.read_text()):
            yield f"{path.name}: {code} {said}"


def own_problems(here):
    path = here / "own.xml"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text(OWN, encoding=encoding)
        code, out, said, _, _ = plan("import", path, "-o",
                                     f"conf:{here}/own.conf")
        if code or out or said:
            yield f"{encoding}: {code} {out} {said}"
            continue
        code, out, _, _, _ = plan("addresses", "-t", here / "own.conf", "-o",
                                  "json")
        addresses = {line["service"]: line["address"]
                     for line in json.loads(out)["addresses"]}
        if addresses != {"access": "192.0.2.10", "webconf": "192.0.2.20",
                         "av": "192.0.2.30", "internal": "172.25.33.10"}:
            yield f"{encoding}: {addresses}"


def archive(name, text):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, text)
    return memory.getvalue()


def hostile_files():
    """Name, bytes, and what is said of them."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">'
                     for n in range(1, 10))
    big = 100 * 1024 * 1024
    yield "empty", b"", "no element found"
    yield "garbage", bytes(range(256)) * 64, "not well-formed"
    yield "laughs", (f'<!DOCTYPE t [<!ENTITY l0 "ha">{laughs}]>'
                     "<t>&l9;</t>").encode(), "a document type declaration"
    yield "deep", b"<a>" * 100000, "more than 64 elements inside one another"
    yield "utf8", OWN.replace("Here", "\ud800").encode(
        "utf-8", "surrogatepass"), "not well-formed"
    yield "blank", b"<a>" + b" " * big + b"</a>", "no topology in it"
    yield "wide", (OWN[:-11] + "<x/>" * 200000 + "</Topology>").encode(), \
        "more than 100000 elements"
    yield "long", (OWN[:-11] + f'<x y="{"z" * 20000000}"/></Topology>'
                   ).encode(), "a tag or comment longer than 1 MiB"
    yield "much", (OWN[:-11] + f'<x y="{"z" * 500000}"/>' * 40 +
                   "</Topology>").encode(), \
        "more than 16 MiB of names and values"
    yield "bomb", archive("DocItemSet.xml", b"<a>" + b" " * (2 * big)), \
        "more than 128 MiB of XML"
    yield "other", archive("readme.txt", b"hello"), \
        "an archive without DocItemSet.xml"
    yield "cut", archive("DocItemSet.xml", OWN)[:-40], ""
    yield "input", b'<TopologyInput/>', "the input of a merge"
    yield "edgeless", OWN.replace("EdgeServer", "Registrar").encode(), \
        "no Edge Servers in this topology"


def hostile_problems(path, said, verb=("import",)):
    code, out, err, spent, most = plan(*verb, path)
    start = f"edgeplan: {path}:"
    if code != 3 or out or not err.startswith(start) or said not in err or \
            err.count("\n"):
        yield f"{code} {out[:80]} {err[:400]}"
    if any(ord(char) < 32 or ord(char) == 127 for char in err):
        yield f"control characters: {err!r}"
    if spent > LIMIT_S:
        yield f"{spent:.1f} s"
    if most > LIMIT_KIB:
        yield f"{most} KiB"


def corpus_problems():
    for path in sorted(CORPUS.rglob("*")):
        if path.is_file():
            for problem in hostile_problems(path, ""):
                yield f"{path.name}: {problem}"


def main():
    tally = Tally()
    if SAMPLES.exists():
        tally.check("reproduces_the_facts_of_every_sample", sample_problems())
        tally.check("ends_well_on_every_broken_document", corpus_problems())
    else:
        print("skipped: the recorded samples are not here")
    with tempfile.TemporaryDirectory() as name:
        here = pathlib.Path(name)
        tally.check("writes_a_topology_file_that_can_be_read",
                    own_problems(here))
        for kind, data, said in hostile_files():
            path = here / kind
            path.write_bytes(data)
            tally.check(f"ends_well_on_{kind}", hostile_problems(path, said))
            path.unlink()
        path = here / "huge.conf"
        path.write_bytes(b"[deployment]\n" + b"# comment\n" * 10485760)
        tally.check("ends_well_on_a_huge_topology_file", hostile_problems(
            path, "longer than 1024 KiB", ("lint", "-t")))
    tally.finish()


if __name__ == "__main__":
    main()
