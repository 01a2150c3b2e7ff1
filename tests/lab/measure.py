"""measure.py - runs a command and tells what it cost.

usage: python3 -SE measure.py RESULT LIMIT_S COMMAND...

RESULT receives JSON: the exit code, when it ended, the largest resident size
as getrusage tells it, and for how long the command was ready to run but had
no processor, in all and past LIMIT_S: what others on this machine, and others
on the host of it, cost the command is not its own lateness. A small process
of its own, because the size of a child counts from that of its parent.
"""

import json
import os
import select
import sys
import time


def waited_s(process):
    """Seconds that a process was ready and did not run; 0: who knows."""
    try:
        with open(f"/proc/{process}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0


def stolen_s():
    """Seconds that processors of this machine served another one."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = file.readline().split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


def main(result, limit_s, *command):
    stolen = stolen_s()
    child = os.fork()
    if child == 0:
        os.execvp(command[0], command)
    handle = os.pidfd_open(child)
    select.select([handle], [], [], float(limit_s))
    # we may see its end late
    before = waited_s(child) + waited_s("self") + stolen_s()
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    ended = time.time()
    waited = waited_s(child)
    past = waited + waited_s("self") + stolen_s() - before
    waited += stolen_s() - stolen
    _, status, usage = os.wait4(child, 0)
    with open(result, "w", encoding="ascii") as file:
        json.dump({"exit": os.waitstatus_to_exitcode(status), "ended": ended,
                   "resident_kb": usage.ru_maxrss, "waited_s": waited,
                   "waited_past_s": past}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
