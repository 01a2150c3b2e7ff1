#!/usr/bin/env python3
"""rehearsal_lab.py - edgecheck --listen and --toward, before installation.

Two hosts in the places of an Edge Server and of who talks with it, with the
firewalls that edgeplan writes between them. Open, every row is verified, each
in its own direction; then one flow at a time is shut, by silence and by
rejection, and its rows alone are blocked. And whoever has not the key, comes
too late or from elsewhere gets nothing.
"""

import concurrent.futures
import json
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import network  # noqa: E402
from deployment import family  # noqa: E402
from spaces import given  # noqa: E402
from tally import Tally  # noqa: E402

EDGECHECK = lab.BUILD / "san/edgecheck"
NODE = "edge1"
PORT = 7443
TIMEOUT_S = "1.2"
OUTER, INNER = ("outer", "external"), ("inner", "internal")
HOME, HOME_ROUTER = "192.168.7.2", "192.168.7.1"
LIMIT_S = 240

# Sample, and whether it has NAT; the first shuts every flow.
SAMPLES = ["single-nat", "scaled-dnslb-public", "scaled-hlb"]


class Stage:
    """The network, and both ends in it."""

    def __init__(self, sample):
        self.here = lab.Lab()
        self.topology = self.here.topology(
            sample=lab.ROOT / f"man/examples/{sample}.conf")
        self.net = network.Network(self.here, self.topology)
        self.count = 0
        for guard in (OUTER, INNER):
            self.shut(guard, None, None)

    def address(self, service, kind=4):
        """(on the interface, as the world sees it)"""
        node = self.edge()
        addresses = [node.internal] if service == "internal" \
            else node.at(service)
        return next(((one, node.public.get(one, one)) for one in addresses
                     if family(one) == kind), None)

    def edge(self):
        return next(node for node in self.net.deployment.edges
                    if node.name == NODE)

    def shut(self, guard, flow, how):
        """The ruleset anew, the rules of one flow other than they should."""
        space, part = guard
        text = self.net.plan("firewall", "-o", "nftables", "--part", part)
        lines = []
        for line in text.split("\n"):
            if flow and line.endswith(f'"{flow}"'):
                line = line.replace(" accept comment", f" {how} comment")
            lines.append(line)
            if "ct state established" in line:  # the channel's own way
                lines.append(f"tcp dport {PORT} accept")
        self.net.run(space, "nft", "-f", "-", text="\n".join([
            f"table inet edge_{part}", f"delete table inet edge_{part}",
            *lines]))
        return text

    def flows(self, guard):
        text = self.net.plan("firewall", "-o", "nftables", "--part", guard[1])
        return sorted(set(re.findall(r'comment "([^"]+)"', text)))

    def listen(self, space, *options, ends=True):
        """A listener with a key in a file; where ends, for one run."""
        self.count += 1
        key = self.here.files / f"key{self.count}"
        name = f"listen{self.count}"
        self.here.start(name, self.net.spaces.inside(space, [
            EDGECHECK, "--key-file", key, *options]))
        log = self.here.files / f"{name}.log"
        lab.wait_until("edgecheck --listen", lambda: (
            not ends or self.here.alive(name))
            and b"--toward" in log.read_bytes())
        return key, name

    def toward(self, space, host, key, *options, env=None):
        done = subprocess.run(
            self.net.spaces.inside(space, [
                EDGECHECK, "--toward", host, "--timeout", TIMEOUT_S,
                *(("--key-file", key) if key else ()), *options]),
            check=False, cwd=lab.ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=60,
            env={**lab.ENVIRONMENT, **(env or {})})
        return done

    def ended(self, name):
        """The listener's exit code, and what it said."""
        code = self.here.processes[name].wait(lab.START_S)
        return code, (self.here.files / f"{name}.log").read_text()

    def rehearse(self, place, *options):
        """The document of one run between the two ends of a place."""
        there, here, host, listens, looks = place(self)
        key, name = self.listen(there, *listens)
        done = self.toward(here, host, key, "-t", self.topology, "--node",
                           NODE, "-o", "json", *looks, *options)
        code, said = self.ended(name)
        if code or "Sanitizer" in said or "Sanitizer" in done.stderr:
            raise RuntimeError(f"listener {code}: {said}\n{done.stderr}")
        try:
            return json.loads(done.stdout), done.returncode
        except ValueError as why:
            raise RuntimeError(f"{done.returncode}: {done.stderr}") from why


def from_outside(stage):
    """Toward an Edge Server's place, from the Internet."""
    local, public = stage.address("access")
    return NODE, "internet", public, [f"--listen={local}"], []


def from_outside_six(stage):
    local, public = stage.address("access", 6)
    return NODE, "internet", f"[{public}]", [f"--listen=[{local}]"], []


def from_inside(stage):
    local, _ = stage.address("internal")
    return NODE, "front", local, [f"--listen={local}"], ["--here", "inside"]


def from_edge(stage):
    """The same paths, with the ends the other way round."""
    allowed = []
    node = stage.edge()
    for one in node.externals():
        if family(one) == 4:
            allowed += ["--allow", node.public.get(one, one)]
    return ("internet", NODE, network.CLIENTS[4], ["--listen", *allowed],
            ["--here", "edge", "--there", "outside"])


def tried(document):
    """{flow: (states, one sentence)} of what was tried."""
    rows = {}
    for verdict in document["verdicts"]:
        if verdict["needed"]:
            states, because = rows.setdefault(verdict["flow"], (set(), []))
            states.add(verdict["state"])
            because.append(verdict["because"])
    return rows


def open_problems(document, code, flows):
    rows = tried(document)
    for flow in flows:
        if flow not in rows:
            yield f"{flow} was not tried"
    for flow, (states, because) in rows.items():
        if states != {"verified"}:
            yield f"{flow}: {states}: {because}"
        if any("edgecheck itself" not in text for text in because):
            yield f"{flow} does not say who tried it: {because}"
    if code:
        yield f"exit code {code}"
    ways = {o["facts"]["rehearsal.direction"]
            for o in document["observations"]}
    if ways != {"to-edge", "from-edge"}:
        yield f"directions {ways}"


def shut_problems(document, code, flow, how):
    for other, (states, because) in tried(document).items():
        if states != ({"blocked"} if other == flow else {"verified"}):
            yield f"{flow} {how}: {other} is {states}: {because}"
    if code != 2:
        yield f"{flow} {how}: exit code {code}"
    # who is rejected hears of it at once; the sender over there is asked
    outcomes = {o["outcome"] for o in document["observations"]
                if o["facts"]["rehearsal.flow"] == flow}
    wanted = {"no-reply"} if how == "drop" else {"unreachable"}
    if "port-unreachable" in how or "tcp reset" in how:
        wanted = {"refused"}
    # so many at once are not all rejected: the kernel keeps count
    if not wanted <= outcomes <= wanted | {"no-reply"}:
        yield f"{flow} {how}: outcomes {outcomes}"
    if not any(f["id"] == "rehearsal.shut" for f in document["findings"]):
        yield f"{flow} {how}: no finding"


def shut_each(stage, guard, place, flows):
    for flow in flows:
        for how in ("drop", "reject with icmpx admin-prohibited"):
            stage.shut(guard, flow, how)
            yield from shut_problems(*stage.rehearse(place), flow, how)
    stage.shut(guard, None, None)


def tried_flows(stage, guard, sample):
    """What goes through the load balancer is not tried."""
    document, _ = stage.rehearse(
        from_outside if guard == OUTER else from_inside)
    rows = set(tried(document))
    if sample == "scaled-hlb":
        return sorted(rows)
    return stage.flows(guard)


def play(sample, checks):
    stage = Stage(sample)
    outer = tried_flows(stage, OUTER, sample)
    inner = tried_flows(stage, INNER, sample)
    for name, place, flows in (("from_outside", from_outside, outer),
                               ("from_inside", from_inside, inner),
                               ("from_the_edge", from_edge, outer)):
        checks[f"{sample}_is_verified_{name}"] = list(
            open_problems(*stage.rehearse(place), flows))
    if stage.address("access", 6):
        checks[f"{sample}_is_verified_over_ipv6"] = list(
            open_problems(*stage.rehearse(from_outside_six), outer))
        checks[f"{sample}_shows_what_is_shut_over_ipv6"] = list(
            shut_each(stage, OUTER, from_outside_six, outer[-3:]))
    whole = sample == SAMPLES[0]
    checks[f"{sample}_shows_what_is_shut_outside"] = list(
        shut_each(stage, OUTER, from_outside, outer if whole else outer[-2:]))
    checks[f"{sample}_shows_what_is_shut_inside"] = list(
        shut_each(stage, INNER, from_inside, inner if whole else inner[-2:]))
    checks[f"{sample}_shows_what_is_shut_from_the_edge"] = list(
        shut_each(stage, OUTER, from_edge, outer[:2]))
    if whole:
        for case in (again_problems, together_problems,
                     interrupted_problems,
                     refused_problems, nat_problems,
                     key_problems, expiry_problems, allow_problems,
                     use_problems, stranger_problems, ports_problems,
                     sample_problems, secret_problems):
            name = case.__doc__.split("\n")[0].strip(". ")
            checks[name.lower().replace(" ", "_").replace("'", "")] = list(
                case(stage))


def judged(stage, *documents):
    """edgeprobe judge over documents: its exit code, document, and words."""
    paths = []
    for index, document in enumerate(documents):
        paths.append(stage.here.files / f"run{index}.json")
        paths[-1].write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(
        [lab.BUILD / "san/edgeprobe", "judge", *paths, "-t", stage.topology,
         "-o", "json"], check=False, env=lab.ENVIRONMENT, cwd=lab.ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return (done.returncode, json.loads(done.stdout) if done.stdout else None,
            done.stderr)


def again_problems(stage):
    """Judged again from its file it says the same."""
    stage.shut(OUTER, "ext.av.stun-msturn.udp3478.in", "drop")
    document, code = stage.rehearse(from_outside)
    stage.shut(OUTER, None, None)
    exit_code, again, said = judged(stage, document)
    if exit_code != code:
        yield f"exit {exit_code} is not {code}: {said}"
        return
    for part in ("verdicts", "findings", "summary"):
        for one, other in zip(document[part], again[part]):
            if one != other:
                yield f"{other} is not {one}"
        if len(again[part]) != len(document[part]):
            yield f"other {part}"


def together_problems(stage):
    """Runs from outside and inside are one but not with one of later."""
    outside, _ = stage.rehearse(from_outside)
    inner, _ = stage.rehearse(from_inside)
    code, document, said = judged(stage, outside, inner)
    if code:
        yield f"exit code {code}: {said}"
        return
    both = {**tried(outside), **tried(inner)}
    if tried(document) != both:
        yield f"{sorted(tried(document))} is not {sorted(both)}"
    later = json.loads(json.dumps(outside))
    for observation in later["observations"]:
        observation["probe"] = "sip"
    code, document, said = judged(stage, outside, later)
    if code != 3 or "before the installation" not in said:
        yield f"with a later run: {code}: {said}"


def interrupted_problems(stage):
    """Whoever interrupts it is told what was not seen."""
    local, public = stage.address("access")
    stage.shut(OUTER, "ext.access.http.tcp80.out", "drop")
    key, name = stage.listen(NODE, f"--listen={local}")
    process = subprocess.Popen(
        stage.net.spaces.inside("internet", [
            EDGECHECK, "--toward", public, "--timeout", "20", "--key-file",
            key, "-t", stage.topology, "-o", "json"]), env=lab.ENVIRONMENT,
        cwd=lab.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    stage.shut(OUTER, None, None)
    code, said = stage.ended(name)
    if code != 3 or "broken off" not in said:
        yield f"listener {code}: {said}"
    document = json.loads(out)
    if process.returncode != 3 or not document["interrupted"] or \
            "Sanitizer" in err:
        yield f"exit code {process.returncode}: {err}"
    for flow, (states, because) in tried(document).items():
        if states != {"unobserved"} and states != {"verified"}:
            yield f"{flow} is {states}: {because}"
    if tried(document)["ext.access.http.tcp80.out"][1] != [
            "it did not come to it: interrupted"]:
        yield f"{tried(document)['ext.access.http.tcp80.out']}"


def refused_problems(stage):
    """A port unreachable and a reset are refusals."""
    for flow, how in (("ext.access.sip-tls.tcp443.in",
                       "reject with tcp reset"),
                      ("ext.av.stun-msturn.udp3478.in",
                       "reject with icmpx port-unreachable"),
                      ("ext.access.http.tcp80.out", "reject with tcp reset")):
        stage.shut(OUTER, flow, how)
        yield from shut_problems(*stage.rehearse(from_outside), flow, how)
    stage.shut(OUTER, None, None)


def nat_problems(stage):
    """Who stands behind nat of his own is told so."""
    net = stage.net
    net.spaces.add("home", {})
    net.spaces.join("home", "eth0", "internet", "home0")
    net.spaces.ip("home", [given(HOME, 24, "eth0"),
                              f"route add default via {HOME_ROUTER}"])
    net.spaces.ip("internet", [given(HOME_ROUTER, 24, "home0")])
    net.run("internet", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    net.run("internet", "nft", "-f", "-", text=(
        "table ip home {\nchain out {\ntype nat hook postrouting priority "
        "srcnat;\noifname eth0 ip saddr 192.168.7.0/24 masquerade\n}\n}\n"))

    def from_home(stage):
        there, _, host, listens, looks = from_outside(stage)
        return there, "home", host, listens, looks

    document, code = stage.rehearse(from_home)
    for flow, (states, because) in tried(document).items():
        text = " ".join(because)
        if flow.endswith(".in") and (
                states != {"verified"} or "(NAT)" not in text):
            yield f"{flow}: {states}: {text}"
        if flow.endswith(".out") and (
                states != {"unobserved"} or "behind NAT as" not in text):
            yield f"{flow}: {states}: {text}"
    if code != 3:
        yield f"exit code {code}"


def look_from_outside(stage, key, *options, env=None):
    _, public = stage.address("access")
    return stage.toward("internet", public, key, "-t", stage.topology,
                        "--only", "ext.access.sip-tls.tcp443.in", *options,
                        env=env)


def key_problems(stage):
    """Without the key nothing is had and with it once."""
    local, _ = stage.address("access")
    written, name = stage.listen(NODE, f"--listen={local}")
    if written.stat().st_mode & 0o777 != 0o600:
        yield f"mode {written.stat().st_mode:o}"
    text = written.read_text(encoding="ascii").strip()
    key = stage.here.files / "copy"
    key.touch(0o600)
    key.write_text(text + "\n", encoding="ascii")
    for wrong in ("0" * 32, "f" * 32):
        done = look_from_outside(stage, None, env={"EDGECHECK_KEY": wrong})
        if done.returncode != 3 or "does not take the key" not in done.stderr:
            yield f"wrong key: {done.returncode}: {done.stderr}"
    done = look_from_outside(stage, None)
    if done.returncode != 3 or "EDGECHECK_KEY" not in done.stderr:
        yield f"no key: {done.returncode}: {done.stderr}"
    done = look_from_outside(stage, None, env={"EDGECHECK_KEY": text})
    if done.returncode:
        yield f"right key: {done.returncode}: {done.stdout}{done.stderr}"
    code, said = stage.ended(name)
    if code or said.count("has not shown the key") != 2:
        yield f"listener {code}: {said}"
    done = look_from_outside(stage, key)
    if done.returncode != 3:
        yield f"spent key: {done.returncode}: {done.stdout}"
    if written.exists():
        yield "the spent key is left in its file"
    key.chmod(0o644)
    done = look_from_outside(stage, key)
    if done.returncode != 3 or "chmod 600" not in done.stderr:
        yield f"open file: {done.returncode}: {done.stderr}"


def expiry_problems(stage):
    """A key that has expired is none."""
    local, _ = stage.address("access")
    key, name = stage.listen(NODE, f"--listen={local}", "--expiry", "0.5")
    code, said = stage.ended(name)
    if code != 3 or "the time is up" not in said:
        yield f"listener {code}: {said}"
    done = look_from_outside(stage, key)
    if done.returncode != 3:
        yield f"{done.returncode}: {done.stdout}"


def allow_problems(stage):
    """Nobody is heard or sent to whom the list does not hold."""
    local, _ = stage.address("access")
    key, name = stage.listen(NODE, f"--listen={local}", "--allow",
                             "203.0.113.0/24")
    done = look_from_outside(stage, key)
    if done.returncode != 3 or "--allow" not in done.stderr:
        yield f"{done.returncode}: {done.stderr}"
    stage.here.stop(name)
    said = (stage.here.files / f"{name}.log").read_text()
    if "198.51.100.9: is not allowed" not in said:
        yield said
    # to addresses of the Edge that the list does not hold
    there, here, host, _, looks = from_edge(stage)
    _, public = stage.address("access")
    key, name = stage.listen(there, "--listen", "--allow", public)
    done = stage.toward(here, host, key, "-t", stage.topology, "-o", "json",
                        *looks)
    stage.ended(name)
    rows = tried(json.loads(done.stdout))
    for flow, (states, because) in rows.items():
        is_sent = flow.endswith(".in") and ".access." not in flow
        if states != ({"unobserved"} if is_sent else {"verified"}) or (
                is_sent and "(--allow)" not in because[0]):
            yield f"{flow}: {states}: {because}"


def hold_port(stage, space, address, port):
    """Somebody who has a port, until he is killed."""
    process = subprocess.Popen(stage.net.spaces.inside(space, [
        sys.executable, "-c",
        "import socket, sys, time\n"
        f"s = socket.create_server(('{address}', {port}))\n"
        "print(flush=True)\ntime.sleep(60)"]), stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def use_problems(stage):
    """A port in use is not the firewalls matter."""
    local, _ = stage.address("access")
    for space, flow, side in ((NODE, "ext.access.sip-tls.tcp443.in",
                               "listening side"),
                              ("internet", "ext.access.http.tcp80.out",
                               "this side")):
        address = local if space == NODE else network.CLIENTS[4]
        port = re.search(r"tcp(\d+)", flow).group(1)
        holder = hold_port(stage, space, address, port)
        document, code = stage.rehearse(from_outside)
        holder.kill()
        holder.communicate()
        for other, (states, because) in tried(document).items():
            if states != ({"unobserved"} if other == flow else {"verified"}):
                yield f"{other} is {states}: {because}"
            if other == flow and (side not in because[0] or
                                  "in use" not in because[0]):
                yield f"{other}: {because}"
        if code != 3:
            yield f"exit code {code}"


STRANGER = """
import os, socket, sys, time
host = sys.argv[1]
made = 0
deadline = time.monotonic() + 6
packet = bytes.fromhex("ff656467657472 01".replace(" ", "")) \\
    + bytes([1, 0, 0, 0]) + bytes(48)
got = b""
while time.monotonic() < deadline:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.settimeout(0.05)
    for data in (packet, packet + b"x", os.urandom(60), b"x", bytes(1200)):
        udp.sendto(data, (host, 3478))
    try:
        got += udp.recvfrom(2048)[0]
    except OSError:
        pass
    udp.close()
    try:
        tcp = socket.create_connection((host, 443), 0.2)
        made += 1
        tcp.settimeout(0.3)
        tcp.sendall(os.urandom(60) if made % 2 else b"GET / HTTP/1.1\\r\\n")
        got += tcp.recv(2048)
        tcp.close()
    except OSError:
        pass
print(made, got.hex())
"""


def stranger_problems(stage):
    """Strangers at open ports get no answer."""
    local, _ = stage.address("access")
    _, public = stage.address("access")
    _, relay = stage.address("av")
    stage.shut(OUTER, "ext.access.http.tcp80.out", "drop")
    key, name = stage.listen(NODE, f"--listen={local}")
    # two strangers, while the ports stand open and wait
    strangers = [subprocess.Popen(stage.net.spaces.inside("internet", [
        sys.executable, "-c", STRANGER, host]), stdout=subprocess.PIPE,
        text=True) for host in (public, relay)]
    done = stage.toward("internet", public, key, "-t", stage.topology, "-o",
                        "json", "--timeout", "5")
    code, said = stage.ended(name)
    if code or "Sanitizer" in said:
        yield f"listener {code}: {said}"
    stage.shut(OUTER, None, None)
    for stranger in strangers:
        made, got = (stranger.communicate()[0] + " ").split(" ")[:2]
        if made == "0" or got.strip():
            yield f"{made} connections, and got '{got}'"
    for flow, (states, because) in tried(json.loads(done.stdout)).items():
        if states != ({"blocked"} if "tcp80" in flow else {"verified"}):
            yield f"{flow} is {states}: {because}"


def ports_problems(stage):
    """Ports can be named without a topology."""
    local, public = stage.address("access")
    stage.shut(OUTER, "ext.access.sip-mtls.tcp5061.out", "drop")
    key, name = stage.listen(NODE, f"--listen={local}")
    done = stage.toward("internet", public, key, "--ports",
                        "tcp/443,tcp/4444", "--ports-back",
                        "udp/53,tcp/5061")
    stage.ended(name)
    stage.shut(OUTER, None, None)
    expected = [f"open     {public}:443/tcp",
                f"shut     {public}:4444/tcp: nothing arrived at the other "
                "end",
                "open     198.51.100.9:53/udp",
                "shut     198.51.100.9:5061/tcp: nothing arrived at the "
                "other end", ""]
    if done.stdout.split("\n") != expected or done.returncode != 2:
        yield f"{done.returncode}: {done.stdout}{done.stderr}"


def sample_problems(stage):
    """A range is tried at its ends and between and wholly if asked."""
    for options, count in (([], 16), (["--full"], 10000)):
        document, code = stage.rehearse(
            from_outside, "--only", "ext.av.rtp.udp50000-59999.out",
            *options)
        ports = [o["endpoint"]["port"] for o in document["observations"]]
        if code or len(set(ports)) != count or (ports[0], ports[-1]) != (
                50000, 59999):
            yield f"{count}: {code}, {len(ports)}: {ports[:20]}"


def secret_problems(stage):
    """The key is in no argument and nothing that is written."""
    local, public = stage.address("access")
    key, name = stage.listen(NODE, f"--listen={local}")
    text = key.read_text(encoding="ascii").strip()
    seen = []
    alarm = threading.Event()

    def watch():
        while not alarm.is_set():
            for path in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    seen.append((path / "cmdline").read_bytes())
                except OSError:
                    pass
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    done = stage.toward("internet", public, None, "--ports", "tcp/443", "-o",
                        "json", "-vv", env={"EDGECHECK_KEY": text})
    alarm.set()
    watcher.join()
    _, said = stage.ended(name)
    if done.returncode:
        yield f"{done.returncode}: {done.stderr}"
    if any(text.encode() in line for line in seen):
        yield "the key is in an argument"
    if text in done.stdout + done.stderr + said:
        yield "the key is written"


def inside(sample):
    checks = {}
    try:
        play(sample, checks)
    except (RuntimeError, OSError, ValueError, KeyError,
            subprocess.SubprocessError) as why:
        checks[f"{sample}_goes_through"] = [repr(why)]
    json.dump(checks, sys.stdout)


def run_sample(sample):
    code, out, err = lab.enclosed(__file__, ["--inside", sample], [], LIMIT_S)
    if code:
        return {f"{sample}_stands": [f"exit {code}: {err.strip()[-3000:]}"]}
    return json.loads(out)


def main(arguments):
    if arguments[:1] == ["--inside"]:
        inside(arguments[1])
        return
    lab.need_namespaces()
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for checks in pool.map(run_sample, arguments or SAMPLES):
            for name, problems in checks.items():
                tally.check(name, problems)
    tally.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
