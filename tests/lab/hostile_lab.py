#!/usr/bin/env python3
"""hostile_lab.py - edgeprobe against peers that mean it ill.

Each case is one bad peer at an address of its own. The sanitized tool looks
at it, and so does the plain one, whose memory and time are held to their
bounds; and once more with a deadline that strikes in the midst of it: over a
minute in all, since most of it is waiting for silence. What must be seen is
the outcome that the table names: a peer's fault is not ours, and ours is not
the peer's. Whatever a peer says, the JSON parses and the text holds no byte
that a terminal would obey. A signal at any moment leaves whole outputs, or
none.

usage: hostile_lab.py [CASE...]
"""

import concurrent.futures
import contextlib
import datetime
import itertools
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import hostile as h  # noqa: E402
import hostile_cases as cases  # noqa: E402
import hostile_turn as turn  # noqa: E402
import lab  # noqa: E402
from tally import Tally  # noqa: E402

STEP_S, RUN_S, HURRIED_S = 1, 6, 0.4
BUSY_S = 4
SANITIZED_S = 30  # slow, and not held to a time
# What waiting for a processor cost is not counted, see measure.py.
SLACK_S = 0.1
RESIDENT_MAX_KB = 64 * 1024  # of the plain tool
JSON_MAX = 384 * 1024  # what is kept of one peer is little
START_S = 20
KEPT_S = 0.2  # until a mock has noted what it heard last
ENDS_S = 30  # after which it will never end
SIGNALS, SIGNALS_OVER_S = 50, 1.2
NETS = "192.0.2", "203.0.113", "198.18.0"
PLAIN, SANITIZED = "edgeprobe", "san/edgeprobe"
SIGNALLED = "192.0.2.254"
AT_ONCE = 4 * (os.cpu_count() or 1)  # they mostly wait


def address_of(index):
    return f"{NETS[index // 250]}.{index % 250 + 1}"


def start(case, address, files):
    datagrams, talk = case.dns or (h.honest, None)
    h.serve_udp(address, 53, lambda query: datagrams(query, address))
    if talk:
        h.serve_tcp(address, 53, talk)
    if case.tcp:
        serve = case.tcp
        if hasattr(serve, "needs_directory"):
            serve = serve(files)
        h.serve_tcp(address, 5269 if case.probe == "xmpp" else 443, serve)
    if case.udp:
        h.serve_udp(address, 3478, case.udp)
    if case.relay:
        turn.start(address, files, *case.relay)


def start_each(numbered, files):
    """One process for each peer: what one does must not make another late.
    One after the other, since they write files of the same names."""
    ready, done = os.pipe()
    for case, address in numbered:
        if os.fork() == 0:
            start(case, address, files)
            os.write(done, b".")
            while True:
                signal.pause()
        if not select.select([ready], [], [], START_S)[0]:
            sys.exit(f"{case.title}: does not start")
        os.read(ready, 1)


def taken(path):
    """What a file held: the space for files is little."""
    data = pathlib.Path(path).read_bytes()
    os.unlink(path)
    return data


class Run:
    """What a run said, and what it cost. Nobody is slow to read it."""

    def __init__(self, tool, arguments, limit_s, place):
        command = [sys.executable, "-SE", str(HERE / "measure.py"),
                   place + ".cost", str(limit_s), str(lab.BUILD / tool),
                   *arguments]
        with open(place + ".out", "wb") as out, \
                open(place + ".err", "wb") as err:
            subprocess.run(
                command, cwd=lab.ROOT, env=lab.ENVIRONMENT, check=False,
                timeout=limit_s + ENDS_S, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err)
        self.limit_s = limit_s
        self.out, self.err = taken(place + ".out"), taken(place + ".err")
        self.cost = json.loads(taken(place + ".cost"))
        self.exit = self.cost["exit"]

    def cost_problems(self, document):
        began = datetime.datetime.fromisoformat(
            document["started"].replace("Z", "+00:00")).timestamp()
        spent_s = (self.cost["ended"] - began - self.cost["waited_past_s"])
        if spent_s > self.limit_s + SLACK_S:
            yield f"took {spent_s:.3f} s: {self.cost}"
        if self.cost["resident_kb"] > RESIDENT_MAX_KB:
            yield f"took {self.cost['resident_kb']} KiB"

    def step_problems(self, document):
        """A phase lasts a step at the most, by the trace."""
        most_ms = 1000 * (STEP_S + SLACK_S + self.cost["waited_s"])
        for seen in document["observations"]:
            ends = [step["ms"] for step in seen["trace"]]
            ends.append(seen["duration_ms"])
            for begin, end in zip(ends, ends[1:]):
                if end - begin > most_ms:
                    yield f"{seen['probe']}: a step of {end - begin} ms"


def probes_of(case):
    """What has to run for the observation that is looked for."""
    if case.relay:
        return ("msturn-allocate-tcp,msturn-relay-tcp" if case.relay[1]
                else "msturn-allocate,msturn-relay")
    return "sip" if case.probe.startswith("sip") else case.probe


def look(tool, case, address, text, limit_s):
    probe = probes_of(case)
    arguments = ["c.test", "--access", "sip.c.test", "--webconf",
                 "webcon.c.test", "--av", "av.c.test", "-vv", "--resolver",
                 address, "-4", "--timeout", str(STEP_S), "--deadline",
                 str(limit_s), "--color=always", "-o", "json", "-o",
                 f"text:{text}"]
    if probe == "xmpp":
        arguments += ["--xmpp", "xmpp.c.test", "--product", "sfb2015"]
    if case.relay:
        arguments += ["--credentials", os.path.join(os.path.dirname(text),
                                                    "credentials")]
    if probe != "dns":
        arguments += ["--only", probe]
    return Run(tool, arguments, limit_s, text)


def jq(data):
    return subprocess.run(["jq", "-e", "."], input=data, check=False,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


COLOUR = re.compile(r"\x1b\[[0-9;]*m")
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f"
                    r"\u202a-\u202e]")


def text_problems(what, data):
    try:
        text = data.decode()
    except UnicodeDecodeError as why:
        yield f"{what}: {why}"
        return
    found = OBEYED.search(COLOUR.sub("", text))
    if found:
        at = found.start()
        yield f"{what}: {COLOUR.sub('', text)[max(0, at - 60):at + 20]!r}"


def seen_by(case, document):
    for seen in document["observations"]:  # 5061 is not there at all
        if seen["probe"] == case.probe and (
                seen["endpoint"]["port"] != 5061 if case.probe != "dns"
                else seen["facts"].get("dns.type") == "SRV"):
            return seen
    return None


def blamed(document, seen):
    """States of the rows that rest on the observation."""
    return {verdict["state"] for verdict in document["verdicts"]
            if seen["id"] in [o["id"] for o in verdict["observations"]]}


def outcome_problems(case, document):
    seen = seen_by(case, document)
    if not seen:
        yield "no observation of " + case.probe
        return
    if seen["outcome"] not in case.outcomes:
        yield f"{seen['outcome']}: {seen.get('detail')}"
    states = blamed(document, seen)
    faults = {"blocked", "wrong"} | ({"warn"} if case.probe == "xmpp"
                                     else set())  # it is for partners
    if (seen["outcome"] == "local" or
            (case.probe == "dns" and seen["outcome"] != "answered")) and (
            states & {"blocked", "wrong"}):
        yield f"our trouble is held against the Edge: {states}"
    if (case.probe not in ("dns", "msturn-release")
            and seen["outcome"] not in ("local", "answered")
            and not states & faults):
        yield f"the peer's fault is held against nobody: {states}"


def output_problems(run, text):
    yield from text_problems("errors", run.err)
    yield from text_problems("JSON", run.out)
    yield from text_problems("text", taken(text))
    if not jq(run.out):
        yield f"jq does not take the JSON: {run.out[:200]}"
    if len(run.out) > JSON_MAX:
        yield f"the JSON is of {len(run.out)} bytes"


def show(case, tool, run, document):
    seen = seen_by(case, document) or {}
    print(f"{case.title:45} {tool:14} {run.cost} {len(run.out)} "
          f"{seen.get('outcome')} {seen.get('phase')} "
          f"{seen.get('duration_ms')}: {seen.get('detail')!r:.80} "
          f"{blamed(document, seen) if seen else ''}", flush=True)


def kept_problems(case, address, files):
    """Of what a relay granted: whether it was given back on every end."""
    if case.relay:
        time.sleep(KEPT_S)
        kept = turn.left(os.path.join(files, f"{address}.notes"))
        if kept:
            yield f"what was granted is not given back: {kept}"


def hurried_problems(case, address, files):
    """The run's deadline strikes in the midst of it."""
    text = os.path.join(files, f"{address}.hurried.txt")
    run = look(PLAIN, case, address, text, HURRIED_S)
    if run.exit not in (0, 1, 2, 3):
        yield f"in a hurry: exit {run.exit}: {run.err.decode()[:2000]}"
        return
    for problem in itertools.chain(output_problems(run, text),
                                   run.cost_problems(json.loads(run.out))):
        yield f"in a hurry: {problem}"


def run_problems(case, address, tool, files):
    text = os.path.join(files, f"{address}.{tool.replace('/', '-')}.txt")
    try:
        run = look(tool, case, address, text,
                   RUN_S if tool == PLAIN else SANITIZED_S)
    except subprocess.TimeoutExpired:
        yield "does not end"
        return
    if run.exit not in (0, 1, 2, 3):
        yield f"{tool}: exit {run.exit}: {run.err.decode()[:2000]}"
        return
    found = list(output_problems(run, text))
    yield from found
    if found:
        return
    document = json.loads(run.out)
    if document["exit"] != run.exit:
        yield f"exit {run.exit}, JSON says {document['exit']}"
    yield from outcome_problems(case, document)
    if tool == PLAIN:
        yield from run.cost_problems(document)
        yield from run.step_problems(document)
    if os.environ.get("SHOW"):
        show(case, tool, run, document)


def interrupted(files, address, index):
    """One run that a signal ends, sooner or later; its problems."""
    place = pathlib.Path(files, f"signal-{index}")
    place.mkdir()
    number = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[index % 3]
    tool = PLAIN if index // 3 % 3 else SANITIZED
    command = [str(lab.BUILD / tool), "c.test",
               "--resolver", address, "-4", "-o", "json", "-o",
               f"json:{place / 'run.json'}", "-o",
               f"ndjson:{place / 'run.ndjson'}"]
    process = subprocess.Popen(
        command, cwd=lab.ROOT, env=lab.ENVIRONMENT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(SIGNALS_OVER_S * (index / SIGNALS) ** 2)
    process.send_signal(number)
    try:
        out, err = process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return ["does not end"]
    left = sorted(path.name for path in place.iterdir())
    if process.returncode == -number and not out and not left:
        return []  # before it had begun
    if process.returncode not in (2, 3):
        return [f"exit {process.returncode}: {err[:500]}; files {left}"]
    if left != ["run.json", "run.ndjson"]:
        return [f"files {left}"]
    texts = [out, (place / "run.json").read_bytes(),
             (place / "run.ndjson").read_bytes()]
    return [f"no JSON: {text[-80:]}" for text in texts if not jq(text)]


def check_signals(tally, files, address):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also below nohup
    h.serve_udp(address, 53, lambda query: h.honest(query, address))
    for port in (443, 5061):
        h.serve_tcp(address, port, h.mute)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda i: [
            f"signal {i}: {problem}"
            for problem in interrupted(files, address, i)], range(SIGNALS))
    tally.check("ends_whole_at_any_signal", itertools.chain(*found))


def resolve_to(address, hosts, **others):
    """Each host is at all these, but for others by their label."""
    def answer(query):
        asked, kind, _ = h.question_of(query)
        if kind != h.A or not h.is_host(asked):
            return h.honest(query, address)
        return h.reply(query, [
            h.record(h.A, h.socket.inet_aton(host))
            for host in others.get(asked.partition(".")[0], hosts)])

    h.serve_udp(address, 53, lambda query: answer(query)
                if len(answer(query)) < 1200 else h.cut(query))
    h.serve_tcp(address, 53, h.stream(answer))


def check_deadline(tally, title, files, address, limit_s=1.5):
    run = Run(PLAIN, ["c.test", "--resolver", address, "-4", "--deadline",
                      str(limit_s), "-o", "json"], limit_s,
              os.path.join(files, "many"))
    document = json.loads(run.out)
    tally.check(title, run.cost_problems(document))
    return document


def check_many(tally, files):
    """Many hosts at once, and no time for them."""
    hosts = [f"127.1.{i // 200}.{i % 200 + 1}" for i in range(128)]
    resolve_to("127.0.0.53", hosts)
    with contextlib.ExitStack() as listeners:
        for where in itertools.product(hosts, (443, 5061)):
            # nobody accepts, but the kernel does
            listeners.enter_context(h.socket.create_server(where))
        check_deadline(tally, "a_deadline_holds_for_128_silent_targets",
                       files, "127.0.0.53")


def check_busy(tally, files):
    """Each keeps us busy: there is much to decrypt, and nothing in it."""
    hosts, honest = [f"127.2.0.{i + 1}" for i in range(16)], "127.3.0.1"
    resolve_to("127.0.0.54", hosts, webcon=[honest])
    serve = cases.MISUSE["new-keys-for-ever"][0](files)
    for host in hosts:
        h.serve_tcp(host, 443, serve)
    h.serve_tcp(honest, 443, h.over_tls(h.mute)(files))
    document = check_deadline(tally, "a_deadline_holds_for_16_busy_targets",
                              files, "127.0.0.54", BUSY_S)
    tally.check("an_honest_peer_is_heard_beside_16_busy_ones", [
        f"{seen['outcome']} in {seen['phase']}: {seen['detail']}"
        for seen in document["observations"] if seen["probe"] == "webconf"
        and seen["endpoint"]["address"] == honest
        and seen["outcome"] != "answered"])


def inside(chosen):
    files = os.environ["LAB"]
    h.make_key(os.path.join(files, "key.pem"))
    turn.write_credentials(files)
    numbered = [(case, address_of(i))
                for i, case in enumerate(cases.all_cases())
                if not chosen or any(c in case.title for c in chosen)]
    start_each(numbered, files)  # before there is any thread
    tally = Tally()
    if not chosen or "targets" in chosen:
        check_many(tally, files)
        check_busy(tally, files)
    if not chosen or "signals" in chosen:
        check_signals(tally, files, SIGNALLED)

    def problems(pair):
        case, address = pair
        return [*run_problems(case, address, SANITIZED, files),
                *run_problems(case, address, PLAIN, files),
                *(hurried_problems(case, address, files)
                  if case.outcomes != ["answered"] else ()),
                *kept_problems(case, address, files)]

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for (case, _), found in zip(numbered, pool.map(problems, numbered)):
            tally.check(case.title, found)
    tally.finish()


def main(arguments):
    if arguments[:1] == ["--inside"]:
        inside(arguments[1:])
    addresses = [address_of(i) for i, _ in enumerate(cases.all_cases())]
    addresses.append(SIGNALLED)
    code, out, err = lab.enclosed(__file__, ["--inside", *arguments],
                                  addresses, 560)
    print(out, end="")
    print(err, end="", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
