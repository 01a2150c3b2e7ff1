#!/usr/bin/env python3
"""secrets_lab.py - where the credentials of a relay are never to be found.

edgeturn and edgeprobe look at edgesim's relay with credentials, and say all
that they can say. Neither the password, nor the token, nor the key that is
made of both, nor the key of the echo stands in any output, in any form; nor
in what others see of the process; nor does it leave a core file behind.
"""

import base64
import contextlib
import hashlib
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import turn_client as turn  # noqa: E402
from tally import Tally  # noqa: E402

NODE, ECHO = "192.0.2.30", "192.0.2.54:3479"
REALM = b"rtcmedia"
WINDOW = 8  # so many bytes of a secret in a row are too many
FORMATS = "json", "ndjson", "text"
RUN_S = 90


class Secrets:
    def __init__(self, file):
        self.username, self.password = turn.read_credentials(file)
        self.key = hashlib.md5(self.username + b":" + REALM + b":"
                               + self.password).digest()

    def parts(self):
        """What nobody may see: of the token all but its head, which is
        the same for everybody."""
        yield "the token", self.username[12:]
        yield "the password", self.password
        yield "the derived key", self.key

    def found_in(self, where, data):
        # as bytes, and as digits, however these are set in groups
        digits = re.sub(rb"[^0-9a-f]", b"", data.lower())
        for name, secret in self.parts():
            for at in range(len(secret) - WINDOW + 1):
                piece = secret[at:at + WINDOW]
                if piece in data or piece.hex().encode() in digits:
                    yield f"{where}: {name} from byte {at}"
                    break
        whole = ("the token", self.username), ("the password",
                                               self.password)
        for name, secret in (*whole, ("the derived key", self.key)):
            text = base64.b64encode(secret)
            for form in (text, text[WINDOW:-WINDOW // 2],
                         text.translate(bytes.maketrans(b"+/", b"-_"))):
                if form in data:
                    yield f"{where}: {name} in base64"
                    break


def hex_lines(err):
    """The bytes that -vv shows, as digits."""
    return b"".join(re.findall(rb"[<>] [0-9a-f]{4} ([0-9a-f. ]+)", err)
                    ).replace(b" ", b"")


def run(command, files, formats):
    """Everything that it said: name, bytes."""
    outputs = {one: files / f"out.{one}" for one in formats}
    options = [word for one, path in outputs.items()
               for word in ("-o", f"{one}:{path}")]
    done = subprocess.run(
        [*map(str, command), "-vv", *options], cwd=files, check=False,
        env=lab.ENVIRONMENT, stdin=subprocess.DEVNULL, timeout=RUN_S,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1, 2, 3):
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    yield "stdout", done.stdout
    yield "stderr", done.stderr
    for one, path in outputs.items():
        yield one, path.read_bytes() if path.exists() else b""


def check_outputs(tally, secrets, name, command, files, formats=FORMATS):
    outputs = dict(run(command, files, formats))
    problems = [f"nothing as {where}" for where in formats
                if not outputs[where]]
    for where, data in outputs.items():
        problems += secrets.found_in(where, data)
    # so that it is known that there was something to hide
    if not any(b"granted for" in data or b"turn.mapped_address" in data
               for data in outputs.values()):
        problems.append("nothing was allocated")
    if name == "edgeturn" and REALM.hex().encode() not in hex_lines(
            outputs["stderr"]):
        problems.append("-vv does not show the messages")
    tally.check(f"{name}_shows_no_secret", problems)


# What others see of the process

def unlimited():
    resource.setrlimit(resource.RLIMIT_CORE, (
        resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)


@contextlib.contextmanager
def running(command, files, ready):
    process = subprocess.Popen(
        [*map(str, command)], cwd=files, env=lab.ENVIRONMENT,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=unlimited)
    try:
        deadline = time.monotonic() + 10
        while not ready(process) and time.monotonic() < deadline:
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.communicate()


def proc(process, name):
    return pathlib.Path(f"/proc/{process.pid}/{name}").read_bytes()


def has_core(directory, status):
    return os.WCOREDUMP(status) or any(
        path.name.startswith("core") for path in directory.iterdir())


def abort(process):
    process.send_signal(signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -signal.SIGABRT
    return status


def cores_are_written(files):
    """Whether this machine writes any: else their absence says nothing."""
    place = files / "control"
    place.mkdir()
    with running(["sleep", "30"], place, lambda _: True) as process:
        time.sleep(0.1)
        return has_core(place, abort(process))


def check_process(tally, secrets, name, command, files, ready):
    place = files / name
    place.mkdir()
    with running(command, place, ready) as process:
        problems = []
        for where in ("cmdline", "environ"):
            problems += secrets.found_in(where, proc(process, where))
        if not proc(process, "cmdline"):
            problems.append("it does not run")
        limits = proc(process, "limits").decode()
        if name != "echo" and not re.search(
                r"Max core file size\s+0\s+", limits):
            problems.append("a core file is not forbidden")
        status = abort(process)
        if os.WTERMSIG(status) != signal.SIGABRT:
            problems.append(f"ended with {status:#x}, not by the signal")
        if has_core(place, status):
            problems.append("a core file was written")
    tally.check(f"{name}_lets_nobody_see_a_secret", problems)


def allocations():
    """Relayed ports of the node, in the order of /proc/net."""
    places = [line.split()[1].partition(":") for line in pathlib.Path(
        "/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]]
    return [port for address, _, port in places
            if address == "1E0200C0" and int(port, 16) >= 50000]


def one_more():
    """Whether an allocation came since; those of the killed stay a while."""
    before = len(allocations())
    return lambda _: len(allocations()) > before


def check_key(tally, here, files):
    """The key of the echo, which is a secret of the same kind."""
    key = files / "echo.key"
    command = [lab.BUILD / "edgeturn", f"--echo={ECHO}", "--echo-key", key,
               "-vv"]

    class Key(Secrets):
        def __init__(self):
            self.key = bytes.fromhex(key.read_text(encoding="ascii"))
            self.username = self.password = self.key

        def parts(self):
            yield "the key of the echo", self.key

    log = files / "echo.log"
    here.start("echo", command)
    lab.wait_until("echo", lambda: b"answering" in log.read_bytes())
    secrets = Key()
    check_outputs(tally, secrets, "edgeturn_through_the_echo", [
        lab.BUILD / "edgeturn", NODE, "--udp", "--credentials",
        files / "credentials", "--peer", ECHO, "--echo-key", key], files,
        ("json",))
    here.stop("echo")
    tally.check("echo_shows_no_secret", secrets.found_in(
        "log", log.read_bytes()))
    check_process(tally, secrets, "echo", command, files, lambda p: (
        b"echo" in proc(p, "cmdline") and time.sleep(0.5) is None))


def check_control(tally, secrets):
    """That they would be found."""
    shown = [secrets.password, base64.b64encode(secrets.password),
             b"x" + secrets.key.hex().encode(), secrets.username[20:40],
             secrets.key.hex(" ").encode().upper(),
             secrets.key.hex(":").encode(),
             base64.urlsafe_b64encode(secrets.username)]
    tally.check("a_secret_that_is_shown_is_found", [
        f"not in {data!r}" for data in shown
        if not list(secrets.found_in("x", b"before " + data + b" after"))])
    tally.same("what_is_no_secret_is_not", list(secrets.found_in(
        "x", bytes(range(256)) + b"rtcmedia 0123456789abcdef")), [])


def inside():
    tally, here = Tally(), lab.Lab()
    files = here.files
    credentials = files / "credentials"
    topology = here.topology()
    here.start_dns(topology)
    here.start_edge(topology, options=["--credentials-out", credentials])
    secrets = Secrets(credentials)
    check_control(tally, secrets)
    turn_command = [lab.BUILD / "edgeturn", NODE, "--credentials",
                    credentials]
    probe_command = [lab.BUILD / "edgeprobe", "-t", topology, "--resolver",
                     lab.RESOLVER, "--credentials", credentials, "--only",
                     "msturn-allocate,msturn-relay,msturn-relay-tcp"]
    check_outputs(tally, secrets, "edgeturn", turn_command, files)
    check_outputs(tally, secrets, "edgeprobe", probe_command, files)
    if not cores_are_written(files):
        print("no core files are written here: only the limit is looked at")
    check_process(tally, secrets, "edgeturn", [
        *turn_command, "--udp", "--count", 100, "--interval", 100], files,
        one_more())
    check_process(tally, secrets, "edgeprobe", probe_command, files,
                  one_more())
    check_key(tally, here, files)
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
