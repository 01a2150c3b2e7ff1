#!/usr/bin/env python3
"""reach.py - what can be reached from here, told by sockets alone.

Lines "SOURCE TRANSPORT ADDRESS PORT" come in (SOURCE "-": any of ours) and
go out again, each with one word more: open, refused or shut. Over UDP, open
is who answers: DNS at port 53, and everywhere else a first message of MSTURN.
All are tried at the same time.
"""

import select
import socket
import sys
import time

import turn_client as turn

PATIENCE_S = 1.2
RETRY_S = 0.4
DNS = bytes.fromhex("1234010000010000000000000000020001")  # NS of the root


def begin(source, transport, address, port):
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    line = socket.socket(socket.AF_INET6 if ":" in address else
                         socket.AF_INET, kind)
    line.setblocking(False)
    if source != "-":
        line.bind((source, 0))
    try:
        line.connect((address, int(port)))
    except BlockingIOError:
        pass
    except OSError:
        return None
    return line


def ask(line, port):
    try:
        line.send(DNS if port == "53" else turn.encode(
            turn.ALLOCATE, [(turn.VERSION, b"\x00\x00\x00\x01")]))
    except OSError:
        pass  # what came back is read


def result(line, transport):
    if transport == "tcp":
        error = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return {0: "open", 111: "refused"}.get(error, "shut")
    try:
        return "open" if line.recv(2048) else "shut"
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "shut"


def pending(waiting):
    tcp = [line for line, words in waiting.items() if words[1] == "tcp"]
    udp = [line for line in waiting if line not in tcp]
    readable, writable, _ = select.select(udp, tcp, [], RETRY_S)
    return readable + writable


def main(lines):
    results, waiting = {}, {}
    for words in lines:
        line = begin(*words)
        results[tuple(words)] = "shut"
        if line:
            waiting[line] = words
    deadline = time.monotonic() + PATIENCE_S
    retry = 0
    while waiting and time.monotonic() < deadline:
        if time.monotonic() >= retry:
            retry = time.monotonic() + RETRY_S
            for line, words in waiting.items():
                if words[1] == "udp":
                    ask(line, words[3])
        for line in pending(waiting):
            words = waiting.pop(line)
            results[tuple(words)] = result(line, words[1])
            line.close()
    for words in lines:
        print(*words, results[tuple(words)])


if __name__ == "__main__":
    main([line.split() for line in sys.stdin])
