#!/usr/bin/env python3
"""relay_soak.py - what thousands of allocations leave behind: nothing.

usage: relay_soak.py [--count N] [--vanish N]

build/relay_load opens and releases 10,000 allocations at edgesim, half over
UDP, half over TCP; then 1,000 clients go without a word, some by closing
their sockets, some killed; then eight clients at once do all of that. After
each of them neither a relayed port nor a descriptor may be left, by
/proc/net and /proc/PID, and at the end little more memory than after the
first thousand. Half a minute. The small form is in tests/lab/relay_lab.py.
"""

import argparse
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "bench"), str(HERE.parent),
                str(HERE.parent / "lab")]
import lab  # noqa: E402
import relay_lab  # noqa: E402
import relays  # noqa: E402

BATCH = {"udp": 400, "tcp": 100}  # at a time, of edgesim's 1,000 and 256
# Of those who vanish. Over TCP the end of the connection is what counts.
LIFETIME_S = {"udp": 4, "tcp": 60}
SPARE_S = 6  # for a busy machine
GROWTH = 1.1, 256  # of the memory: factor, and KiB besides


def kill(process):
    process.kill()
    process.wait()
    process.stdout.close()


class Soak:
    """edgesim, and what it had before anybody came."""

    def __init__(self):
        self.relay = relays.Edgesim(lab.Lab(), "--lifetime", 60)
        self.process = self.relay.process
        self.descriptors = self.process.descriptors()
        self.memory_kib = None  # after the first thousand
        self.problems = []

    def left(self):
        return (len(relay_lab.ports_left()),
                self.process.descriptors() - self.descriptors)

    def settle(self, what, patience_s):
        """Waits until nothing is left; seconds that it took."""
        began = time.monotonic()
        while any(self.left()) and time.monotonic() < began + patience_s:
            time.sleep(0.05)
        if any(self.left()):
            ports, descriptors = self.left()
            self.problems.append(f"{what}: {ports} ports and {descriptors} "
                                 "descriptors are left")
        return time.monotonic() - began

    def say(self, what, count, seconds, more=""):
        print(f"  {what:36} {count:6} {count / seconds:8.0f} a second "
              f"{self.process.memory_kib() / 1024:6.1f} MiB  {more}",
              flush=True)

    def churn(self, what, how, count):
        said = relays.load(self.relay, "churn", how, count=count,
                           batch=min(BATCH[how], count), lifetime=60)
        self.settle(what, SPARE_S)
        self.say(what, count, said["seconds"])

    def begin_held(self, how, size):
        """A client that holds so many and waits to be killed."""
        process = relays.begin_load(self.relay, "hold", how, count=size,
                                    batch=size, lifetime=LIFETIME_S[how])
        if process.stdout.readline() != "held\n":
            raise RuntimeError("relay_load cannot hold them")
        return process

    def vanish(self, what, how, count, is_killed):
        """So many at a time go; over UDP what they had ends by itself, over
        TCP with the connection."""
        began = time.monotonic()
        if is_killed:
            process = self.begin_held(how, count)
            seconds, ports = time.monotonic() - began, self.left()[0]
            kill(process)
        else:
            seconds = relays.load(self.relay, "leave", how, count=count,
                                  batch=count,
                                  lifetime=LIFETIME_S[how])["seconds"]
            ports = self.left()[0]
        gone_s = self.settle(what, SPARE_S + (
            LIFETIME_S[how] if how == "udp" else 0))
        if (is_killed or how == "udp") and ports < count:
            self.problems.append(f"{what}: {ports} of {count} were open")
        self.say(what, count, seconds, f"gone in {gone_s:.1f} s")

    def mix(self, what, count):
        """Four of eight release, two leave, two are killed; half of each
        over TCP."""
        began, few = time.monotonic(), 40
        held = [self.begin_held(how, few) for how in BATCH]
        others = [relays.begin_load(self.relay, "leave", how, count=few,
                                    batch=few, lifetime=LIFETIME_S[how])
                  for how in BATCH]
        others += [relays.begin_load(self.relay, "churn", how, batch=few,
                                     count=count // 4, lifetime=60)
                   for how in BATCH for _ in range(2)]
        for process in held:
            kill(process)
        done = sum(relays.end_load(process)["allocations"]
                   for process in others) + few * len(held)
        seconds = time.monotonic() - began
        gone_s = self.settle(what, LIFETIME_S["udp"] + SPARE_S)
        self.say(what, done, seconds, f"gone in {gone_s:.1f} s")

    def judge_memory(self):
        factor, spare_kib = GROWTH
        first, last = self.memory_kib, self.process.memory_kib()
        print(f"\nResident: {first / 1024:.1f} MiB after the first thousand, "
              f"{last / 1024:.1f} MiB at the end, {last / first:.2f} times")
        if last > factor * first + spare_kib:
            self.problems.append("the memory grows")


def inside(arguments):
    if not relays.has_own_proc():
        sys.exit("soak: /proc of the enclosure cannot be had here")
    soak = Soak()
    half, gone = arguments.count // 2, arguments.vanish // 4
    print(f"edgesim's relay, {soak.descriptors} descriptors and "
          f"{soak.process.memory_kib() / 1024:.1f} MiB at first")
    soak.churn("the first thousand, over UDP", "udp", 500)
    soak.churn("the first thousand, over TCP", "tcp", 500)
    soak.memory_kib = soak.process.memory_kib()
    for how in BATCH:
        soak.churn(f"opened and released over {how.upper()}", how, half)
    for how in BATCH:
        soak.vanish(f"closed, not released, over {how.upper()}", how, gone,
                    False)
        soak.vanish(f"killed, over {how.upper()}", how, gone, True)
    soak.mix("eight clients at once, all of these", half)
    soak.judge_memory()
    soak.relay.here.stop("edgesim")
    if soak.relay.here.processes["edgesim"].returncode:
        soak.problems.append("edgesim did not end as it should")
    for problem in soak.problems:
        print(f"left behind: {problem}")
    sys.exit(1 if soak.problems else 0)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10000)
    # a quarter each way, and edgesim hears 256 at a time over TCP
    parser.add_argument("--vanish", type=int, default=1000)
    parser.add_argument("--inside", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse()
    if arguments.inside:
        inside(arguments)
    if not lab.has_namespaces():
        sys.exit("soak: no private network can be had here, see enclose.c")
    sys.exit(lab.enclosed(__file__, ["--inside", *sys.argv[1:]],
                          lab.EVERYWHERE, timeout_s=600, output=None)[0])


if __name__ == "__main__":
    main()
