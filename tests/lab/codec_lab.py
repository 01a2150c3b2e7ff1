#!/usr/bin/env python3
"""codec_lab.py - the codec of MSTURN and STUN beside Wireshark's dissector.

Recorded messages, Microsoft's among them, are read by both and compared field
by field; then what the codec writes of each message and of each vector is
read by both once more. The recordings are not part of the sources: where they
are absent (SHARED), the vectors stand alone.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent)]
from tally import Tally  # noqa: E402
import tshark  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
PRINT = BUILD / "san/tests/peers/msturn_print"
SHARED = ROOT / os.environ.get("SHARED", "../shared")
CAPTURES = SHARED / "captures"
VECTORS = ("tests/common/wire/msturn_vectors.h",
           "tests/common/wire/stun_vectors.h")
KEY = "00" * 16

# Recordings: how many messages there are at least, those quoted by ICMP left
# out, and what tshark needs besides.
RECORDINGS = {
    "ms-teams-relay-a.pcap": (32, ()),
    "ms-teams-ice-unidir.pcapng": (4, ()),
    "stun-classic.pcap": (2, ()),
    "stun-dtls-client-only.pcap": (4, ()),
    "stun-dtls-rtp.pcapng": (43, ()),
    "stun-google-meet.pcapng": (87, ()),
    "stun-ice-testcall.pcap": (108, ()),
    "stun-ipv6-lru.pcapng": (29, ()),
    "stun-signal-icmp.pcapng": (300, ()),
    "stun-tcp-multi-in-segment.pcap": (6, ()),
    "stun-telegram-video.pcapng": (130, ()),
    "stun-turn-mix-ndpi.pcap": (173, ()),
    "stun-webrtc.pcap": (10, ()),
    "turn-tcp-port80.pcap": (15, ("-d", "tcp.port==80,stun")),
}
# Here Wireshark itself finds a fault.
BROKEN = "stun-bad-attr-length-ffff.pcap"

# Ours alone: what Wireshark has no word for.
OURS = {"kind", "unknown", "again"}
NO_DATAGRAMS = "V13C", "V13S", "V14", "V15"


def parse(line):
    if line.startswith("refused"):
        return {"refused": line}
    return dict(word.split("=", 1) for word in line.split())


def ask_codec(payloads):
    """[(how, bytes)] to [[view of each message]]."""
    text = "".join(f"{how} {data.hex() or '00'} {KEY}\n"
                   for how, data in payloads)
    done = subprocess.run([PRINT], input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"msturn_print: {done.stderr}")
    answers = re.split(r"^\.\n", done.stdout, flags=re.M)[:-1]
    return [[parse(line) for line in answer.splitlines()]
            for answer in answers]


def differences(ours, theirs):
    for name in sorted((ours.keys() | theirs.keys()) - OURS):
        mine, other = ours.get(name), theirs.get(name)
        if mine != other:
            yield f"{name}: the codec reads {mine}, Wireshark {other}"


def compare(packets):
    """Problems, and what the codec writes of what it read."""
    problems, again, count = [], [], 0
    answers = ask_codec([(how, data) for _, how, data, _, _ in packets])
    for (number, _, _, theirs, wrong), ours in zip(packets, answers):
        if wrong:
            continue
        if len(ours) != len(theirs):
            problems.append(f"frame {number}: {len(ours)} messages, "
                            f"Wireshark sees {len(theirs)}: {ours}")
        for mine, other in zip(ours, theirs):
            count += 1
            problems += [f"frame {number}: {problem}"
                         for problem in differences(mine, other)]
            if mine.get("again"):
                again.append(bytes.fromhex(mine["again"]))
    if len(answers) != len(packets):
        problems.append(f"{len(answers)} answers to {len(packets)} payloads")
    return problems, again, count


def vectors():
    """Name and bytes of each message in the headers of the unit tests."""
    for header in VECTORS:
        text = (ROOT / header).read_text(encoding="utf-8")
        text = text.replace("\\\n", "")
        for name, value in re.findall(r"#define (\w+)\s+((?:\"[0-9a-f]+\"\s*"
                                      r")+)$", text, re.M):
            data = bytes.fromhex("".join(re.findall(r"[0-9a-f]{2}", value)))
            if len(data) > 20 and name not in NO_DATAGRAMS and \
                    not name.startswith("VECTOR"):
                yield name, data


def written(datagrams, folder):
    """What the codec wrote, as both read it; no complaint is allowed."""
    path = pathlib.Path(folder) / "written.pcap"
    tshark.write_pcap(path, datagrams)
    packets = tshark.packets(path)
    problems, _, count = compare(packets)
    for number, _, data, _, wrong in packets:
        if wrong:
            problems.append(f"Wireshark complains of {data.hex()}: {wrong}")
        if data != datagrams[int(number) - 1]:
            problems.append(f"frame {number} is not what was written")
    if count != len(datagrams):
        problems.append(f"{count} of {len(datagrams)} messages compared")
    return problems


def check_vectors(tally, folder):
    named = dict(vectors())
    tally.check("there_are_all_vectors", [] if len(named) >= 28 else
                [f"only {len(named)}: {sorted(named)}"])
    tally.check("wireshark_reads_each_vector_as_the_codec_does",
                written(list(named.values()), folder))
    again = [bytes.fromhex(views[0]["again"]) for views in
             ask_codec([("datagram", data) for data in named.values()])
             if "again" in views[0]]
    tally.check("wireshark_reads_what_the_codec_writes_of_them",
                written(again, folder))


def check_recordings(tally, folder):
    everything = []
    for name, (at_least, options) in RECORDINGS.items():
        packets = tshark.packets(CAPTURES / name, *options)
        problems, again, count = compare(packets)
        if count < at_least:
            problems.append(f"only {count} messages were compared")
        tally.check(f"both_read_{name.split('.')[0]}_alike", problems)
        everything += again
    tally.check("wireshark_reads_what_the_codec_writes_of_those",
                written(everything, folder))
    packets = tshark.packets(CAPTURES / BROKEN)
    answers = ask_codec([packet[1:3] for packet in packets])
    tally.check("the_codec_refuses_an_attribute_that_runs_over_the_end",
                [] if "refused" in answers[1][0] and packets[1][4] else
                [f"{answers}"])


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="codec-", dir=BUILD) as folder:
        check_vectors(tally, folder)
        if CAPTURES.is_dir():
            check_recordings(tally, folder)
        else:
            print("skipped: no recordings in SHARED")
    tally.finish()


if __name__ == "__main__":
    main()
