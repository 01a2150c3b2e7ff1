#!/usr/bin/env python3
"""relay_bench.py - the relay of edgesim beside coturn's, with one client.

usage: relay_bench.py [--runs N] [--milliseconds N]

build/relay_load takes the same steps with both: to edgesim in MSTURN, to
coturn in standard TURN. Packets of voice go through an allocation to a peer
and come back the same way, one or thirty-two at a time, in messages (Send,
whose MSTURN form is signed and whose standard form is not) and beside them
(Set Active Destination, ChannelBind). Then allocations are opened and
released, one after the other, each from a port of its own: three questions,
over TCP after a connection, which MSTURN greets.

Rounds of the two alternate; shown are the medians of each, and of the ratios
of each round, above 1 where edgesim is better. Client, peer and server share
the processors: what the server itself spends on a packet (both ways) is shown
beside. No bound is held here. Three quarters of a minute; run it where
nothing else runs.
"""

import argparse
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "lab")]
import lab  # noqa: E402
import relays  # noqa: E402

SIZE = 172
ECHOES = [("in messages", 1, {}), ("in messages", 32, {}),
          ("beside them", 1, {"aimed": True}),
          ("beside them", 32, {"aimed": True})]
ALLOCATIONS = 2000


def with_time(relay, mode, what, how="udp", **options):
    """What the client says, with rate and the server's microseconds."""
    before = relay.process.processor_s()
    said = relays.load(relay, mode, how, **options)
    spent = relay.process.processor_s() - before
    return {**said, "rate": said[what] / said["seconds"],
            "server_us": spent / said[what] * 1e6}


def alternate(pair, runs, measure):
    """{what: [(of the first, of the second) of each round]}"""
    rounds = [[measure(relay) for relay in pair] for _ in range(runs)]
    return {what: [tuple(one[what] for one in both) for both in rounds]
            for what in rounds[0][0]}


def row(what, rounds, better=None):
    """The ratio is the median of the rounds': what disturbs one of them,
    disturbs both."""
    ours, theirs = (statistics.median(one) for one in zip(*rounds))
    ratio = ""
    if better:
        ratio = statistics.median(
            one / other if better == "more" else other / one
            for one, other in rounds if one and other)
        ratio = f"{ratio:.2f}"
    print(f"  {what:44} {ours:9.1f} {theirs:9.1f} {ratio:>7}")


def head(title):
    print(f"\n{title:46} {'edgesim':>9} {'coturn':>9} {'ratio':>7}")


def show_echo(pair, arguments, how, window, options):
    found = alternate(pair, arguments.runs, lambda relay: with_time(
        relay, "echo", "echoes", size=SIZE, window=window, peer=relays.PEER,
        milliseconds=arguments.milliseconds, **options))
    head(f"{SIZE} bytes {how}, {window} under way")
    row("echoes a second", found["rate"], "more")
    row("round trip, median, us", found["median_us"], "less")
    row("round trip, 99 of 100, us", found["p99_us"], "less")
    row("server's time for an echo, us", found["server_us"], "less")
    row("lost", found["lost"])


def show_allocations(pair, arguments, how):
    found = alternate(pair, arguments.runs, lambda relay: with_time(
        relay, "churn", "allocations", how, count=ALLOCATIONS))
    head(f"allocations opened and released over {how.upper()}")
    row("a second, by one client", found["rate"], "more")
    row("server's time for one, us", found["server_us"], "less")


def measure(arguments):
    here = lab.Lab()
    pair = [relays.Edgesim(here), relays.Coturn(here)]
    print(f"\nThe relay beside coturn, medians of {arguments.runs} runs:")
    for how, window, options in ECHOES:
        show_echo(pair, arguments, how, window, options)
    for how in relays.PORTS:
        show_allocations(pair, arguments, how)
    sys.exit(0)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--milliseconds", type=int, default=1000)
    parser.add_argument("--inside", action="store_true")
    return parser.parse_args()


def main():
    arguments = parse()
    if arguments.inside:
        measure(arguments)
    if not lab.has_namespaces():
        sys.exit("bench: no private network can be had here, see enclose.c")
    sys.exit(lab.enclosed(__file__, ["--inside", *sys.argv[1:]],
                          lab.EVERYWHERE, timeout_s=300, output=None)[0])


if __name__ == "__main__":
    main()
