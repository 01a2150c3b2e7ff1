#!/usr/bin/env python3
"""distance_lab.py - no chain takes more round trips than it must.

The small form of `make bench`: one look at a healthy pool from afar. The line
between counts who spoke upon what was heard; no clock has a say.
"""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "bench")]
import bench  # noqa: E402
import lab  # noqa: E402
from tally import Tally  # noqa: E402

RTT_MS = 100  # long enough that no load makes two round trips of one


def inside():
    tally = Tally()
    if os.environ.get("ENCLOSE_PROC") == "no":
        print("skipped: networks inside cannot be entered without /proc")
        tally.finish()
    for version in ("1.2", "1.3"):
        servers = bench.Servers(version)
        tally.check(f"a_look_with_tls_{version}_takes_what_it_must",
                    bench.problems_of_counts(bench.Look(servers, RTT_MS),
                                             version))
        servers.close()
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside, clients=())
