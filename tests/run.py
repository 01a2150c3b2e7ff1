#!/usr/bin/env python3
"""run.py - runs test programs, a few at once, and adds up what they say.

usage: run.py [--results FILE] [--jobs N] PROGRAM...

A program says how many of its tests passed and failed either as cmocka does
or with a last line "N passed, N failed". One that says nothing of the kind
counts as one test, by its exit code; one that ends badly without having named
a failure counts as one failed test. Lines that begin with "skipped: " are
shown at once; what a program with failures said, but for what went well, at
the end, since of a long log the end is read and kept.
The last line here, also written to FILE, is "N passed, N failed".
"""

import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import time

CMOCKA = re.compile(r"^\[  (PASSED|FAILED)  \] (\d+) test\(s\)", re.M)
SKIPPED = re.compile(r"^skipped: .*", re.M)
WENT_WELL = re.compile(r"^(ok     |\[ RUN      \]|\[       OK \]).*\n", re.M)
TOTAL = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
LIMIT_S = 600
SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def command_of(program):
    return [sys.executable, program] if program.endswith(".py") else [program]


def run(program):
    """Returns name, passed, failed, seconds and output of one program."""
    began = time.monotonic()
    environment = {**SANITIZERS, **os.environ}
    try:
        done = subprocess.run(
            command_of(program), env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S)
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        code, output = -1, (late.stdout or b"") + b"\nout of time\n"
    text = output.decode("utf-8", "replace")
    passed, failed = count(text, code)
    return program, passed, failed, time.monotonic() - began, text


def count(text, code):
    total = TOTAL.findall(text)
    words = CMOCKA.findall(text)
    if total:
        passed, failed = map(int, total[-1])
    else:
        passed = sum(int(n) for word, n in words if word == "PASSED")
        failed = sum(int(n) for word, n in words if word == "FAILED")
        if not words:
            passed = 1 if code == 0 else 0
    if code != 0 and failed == 0:
        failed = 1
    return passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--results")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("programs", nargs="*")
    arguments = parser.parse_args()
    if arguments.results and os.path.exists(arguments.results):
        os.unlink(arguments.results)

    # A background job may have been started with Ctrl-C ignored, which all
    # its children inherit; what is tested here has to hear of it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    passed = failed = 0
    failures = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for name, good, bad, seconds, text in pool.map(run, arguments.programs):
            print(f"{'ok' if not bad else 'FAILED':6} {name}: {good} passed"
                  + (f", {bad} failed" if bad else "")
                  + f" ({seconds:.1f} s)", flush=True)
            for reason in SKIPPED.findall(text):
                print(f"       {reason}", flush=True)
            if bad:
                failures.append(f"FAILED {name}:\n{WENT_WELL.sub('', text)}")
            passed, failed = passed + good, failed + bad
    for failure in failures:
        print(failure)
    total = f"{passed} passed, {failed} failed"
    print(total, flush=True)
    if arguments.results:
        with open(arguments.results, "w", encoding="ascii") as results:
            print(total, file=results)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
