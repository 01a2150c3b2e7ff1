#!/usr/bin/env python3
"""callers_lab.py - who connects to a relayed port of edgesim, and when.

Peers that the client has sent to may; a stranger's connection waits a little,
unread, for the client to send to them, for over TCP nobody sends again what a
relay has lost. It waits for PATIENCE_S, and no more than STRANGERS do.
"""

import pathlib
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import turn_client as turn  # noqa: E402
from relay_lab import (PEER, PEER_TOO, Relay, differences,  # noqa: E402
                       peer_at, ports_left, wait_for)
from tally import Tally  # noqa: E402

STRANGERS, PATIENCE_S = 8, 3  # as outlet.h bounds them


def free_port(address):
    with peer_at(address, socket.SOCK_STREAM) as holder:
        return holder.getsockname()[1]


def call(place, address=PEER):
    """A stranger who connects from a port of their own, and says it."""
    caller = peer_at(address, socket.SOCK_STREAM, port=free_port(address))
    caller.connect(place)
    caller.sendall(b"early %d" % caller.getsockname()[1])
    return caller


def end_of(caller):
    """What comes, and it should be the end; the relay has read nothing."""
    try:
        return caller.recv(99)
    except ConnectionResetError:
        return b""


def check_callers(tally, relay):
    """Peers connect to the relayed port: whom the client knows, no other."""
    client = relay.client("tcp")
    place = client.allocate().address(turn.MAPPED)
    caller = peer_at(PEER, socket.SOCK_STREAM)
    there = caller.getsockname()
    caller.close()
    stranger = peer_at(PEER_TOO, socket.SOCK_STREAM, port=there[1])
    stranger.connect(place)
    problems = differences(stranger=(end_of(stranger), b""))
    client.send(there, b"refused, and permitted")
    caller = peer_at(PEER, socket.SOCK_STREAM, port=there[1])
    client.aim(there)  # answered: the Send before was heard
    caller.connect(place)
    caller.sendall(b"inward")
    problems += differences(inward=(client.hear(), b"inward"))
    client.line.say(b"outward", is_message=False)
    problems += differences(outward=(caller.recv(99), b"outward"))
    tally.check("peers_that_are_known_may_connect", problems)
    client.release()


def check_early_callers(tally, relay):
    """Who connects before the client sends to them waits for it, unheard."""
    client = relay.client("tcp")
    place = client.allocate().address(turn.MAPPED)
    callers = [call(place) for _ in range(2)]
    known, unknown = (caller.getsockname() for caller in callers)
    problems = differences(early=(client.is_silent(), True))
    client.send(known, b"welcome")
    problems += differences(
        welcome=(callers[0].recv(99), b"welcome"),
        kept=(client.indication(), (known, b"early %d" % known[1])),
        silent=(client.is_silent(), True),
        end=(end_of(callers[1]), b""))  # patience is over
    client.send(unknown, b"too late")
    problems += differences(late=(client.is_silent(), True))
    callers[0].sendall(b"stays")
    problems += differences(
        stays=(client.indication(), (known, b"stays")))
    tally.check("who_calls_early_is_heard_once_they_are_known", problems)
    client.release()


def check_crowd(tally, relay):
    """Of too many who wait the oldest has to go, and who is known never."""
    client = relay.client("tcp")
    place = client.allocate().address(turn.MAPPED)
    known = call(place)
    client.send(known.getsockname(), b"welcome")
    problems = differences(welcome=(known.recv(99), b"welcome"),
                           kept=(client.indication()[0], known.getsockname()))
    began = time.monotonic()
    crowd = [call(place, PEER_TOO) for _ in range(STRANGERS + 1)]
    problems += differences(oldest=(end_of(crowd[0]), b""))
    if time.monotonic() > began + PATIENCE_S - 0.5:
        problems.append("the oldest went by its time, not for the others")
    last = crowd[-1].getsockname()
    client.send(last, b"welcome")
    problems += differences(
        last=(crowd[-1].recv(99), b"welcome"),
        kept=(client.indication()[0], last))
    known.sendall(b"stays")
    problems += differences(stays=(client.indication()[1], b"stays"))
    tally.check("of_a_crowd_of_strangers_the_oldest_goes", problems)
    client.release()


def inside():
    tally = Tally()
    relay = Relay(lab.Lab())
    relay.start()
    check_callers(tally, relay)
    check_early_callers(tally, relay)
    check_crowd(tally, relay)
    tally.check("nothing_is_left_of_them", differences(
        left=(wait_for(lambda: not ports_left()), True)))
    tally.finish()


if __name__ == "__main__":
    lab.run_inside(__file__, inside)
