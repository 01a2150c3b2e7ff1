"""tshark.py - STUN and MSTURN messages as Wireshark's dissector sees them.

views() gives, for each message of a capture, its bytes and a dictionary with
the names that tests/peers/msturn_print.c uses; write_pcap() makes a capture
of datagrams. Wireshark un-XORs the REMOTE-ADDRESS of MSTURN, which is plain
(msturn.md 4.2), and so is asked for what it un-XORed.
"""

import ipaddress
import struct
import subprocess
import xml.etree.ElementTree as ElementTree

COMMAND = ["tshark", "-n", "-o", "stun.stunversion:Auto", "-T", "pdml"]
MESSAGES = "(stun || classicstun) && !icmp && !icmpv6"

# What Wireshark puts where it cannot go on, or would warn.
COMPLAINTS = ("_ws.malformed", "_ws.short", "stun.long_attribute",
              "stun.short_packet", "stun.wrong_msglen")

# Attribute type: the name here, how to read it, Wireshark's field.
COMMON = {
    0x0001: ("mapped", "address", None),
    0x0006: ("username", "text", None),
    0x0008: ("integrity", "text", None),
    0x0009: ("error", "error", None),
    0x000d: ("lifetime", "number", "att.lifetime"),
    0x0013: ("data", "text", None),
    0x8020: ("xor_mapped", "address", None),
    0x8022: ("software", "text", None),
}
MSTURN = {
    **COMMON,
    0x000e: ("alternate", "address", None),
    0x0010: ("bandwidth", "number", "port.bandwidth"),
    0x0011: ("destination", "address", None),
    0x0012: ("remote", "plain", None),
    0x0014: ("nonce", "text", "att.nonce"),
    0x0015: ("realm", "text", "att.realm"),
    0x8008: ("version", "number", "att.ms.version"),
    0x8050: ("sequence", "sequence", None),
    0x8055: ("quality", "quality", None),
    0x8090: ("alternate_mapped", "address", None),
    0x8095: ("session", "number", "att.ms.multiplexed_turn_session_id"),
}
STANDARD = {
    **COMMON,
    0x0004: ("source", "address", None),
    0x0005: ("changed", "address", None),
    0x000c: ("channel", "number", "att.channelnum"),
    0x0012: ("peer", "address", None),
    0x0014: ("realm", "text", "att.realm"),
    0x0015: ("nonce", "text", "att.nonce"),
    0x0016: ("relayed", "address", None),
    0x0017: ("family", "number", "att.family"),
    0x0019: ("transport", "number", "att.transp"),
    0x001c: ("integrity_sha256", "text", None),
    0x0020: ("xor_mapped", "address", None),
    0x0024: ("priority", "number", "att.priority"),
    0x0025: ("use_candidate", "flag", None),
    0x8023: ("alternate", "address", None),
    0x8028: ("fingerprint", "crc", None),
    0x8029: ("controlled", "bytes", "att.tie-breaker"),
    0x802a: ("controlling", "bytes", "att.tie-breaker"),
    0x8054: ("candidate", "text", None),
    0x8070: ("implementation", "number", "att.ms.version.ice"),
}
AFTER_INTEGRITY = 0x001c, 0x8028


class Attribute:
    """One node of the dissection: its type, value and finer fields."""

    def __init__(self, node, prefix):
        self.is_classic = prefix.startswith("classic")
        self.fields = {}
        for field in node.iter("field"):
            name = field.get("name").removeprefix(prefix)
            self.fields.setdefault(name, field)
        self.type = int(self.value("att.type"), 16)
        self.length = int(self.show("att.length"))
        raw = bytes.fromhex(node.get("value"))
        self.raw = raw[4:4 + self.length]

    def show(self, name):
        return self.fields[name].get("show")

    def value(self, name):
        return self.fields[name].get("value")

    def number(self, field):
        """The dissector for RFC 3489 knows few; the value stands there."""
        if self.is_classic and field not in self.fields:
            return int.from_bytes(self.raw, "big")
        return int(self.show(field), 0)

    def sequence(self):
        if self.is_classic:
            yield "sequence", str(int.from_bytes(self.raw[20:], "big"))
            yield "connection", self.raw[:20].hex()
        else:
            yield "sequence", self.show("att.ms.sequence_number")
            yield "connection", self.value("att.ms.connection_id")

    def address(self):
        family = "att.ipv4" if "att.ipv4" in self.fields else "att.ipv6"
        return f"{self.show(family)}/{self.show('att.port')}"

    def plain_address(self):
        """As it stands, whether Wireshark takes it for XORed or not."""
        if "att.port-xord" not in self.fields:
            return self.address()
        family = "att.ipv4" if "att.ipv4" in self.fields else "att.ipv6"
        raw = bytes.fromhex(self.value(family + "-xord"))
        port = int(self.value("att.port-xord"), 16)
        return f"{ipaddress.ip_address(raw)}/{port}"

    def read(self, name, kind, field):
        """(name, text) pairs, as msturn_print says them."""
        if kind == "address":
            yield name, self.address()
        elif kind == "plain":
            yield name, self.plain_address()
        elif kind == "text":
            if field and field not in self.fields:
                yield name, f"Wireshark has no {field} there"
            yield name, self.raw.hex()
        elif kind == "number":
            yield name, str(self.number(field))
        elif kind == "bytes":
            yield name, str(int(self.value(field), 16))
        elif kind == "flag":
            yield name, "1"
        elif kind == "crc":
            status = self.show("att.crc32.status")
            yield name, "1" if status == "1" else "0"
        elif kind == "error":
            number = int(self.show("att.error"), 0)
            yield name, str(int(self.show("att.error.class"), 0) * 100
                            + number)
            yield "reason", self.raw[4:].hex()
        elif kind == "sequence" and self.length == 24:
            yield from self.sequence()
        elif kind == "quality":
            for part, where in (("stream_type", "att.ms.stream_type"),
                                ("quality", "att.ms.service_quality")):
                yield part, str(int(self.show(where), 0))


def attribute_nodes(proto, prefix):
    for node in proto.iter("field"):
        if any(child.get("name") == prefix + "att.type" for child in node):
            yield node


def read_attributes(proto, prefix):
    view = {}
    attributes = [Attribute(node, prefix)
                  for node in attribute_nodes(proto, prefix)]
    is_msturn = bool(attributes) and attributes[0].type == 0x000f
    ended = False
    for attribute in attributes:
        if ended and attribute.type not in AFTER_INTEGRITY:
            continue
        row = (MSTURN if is_msturn else STANDARD).get(attribute.type)
        if row:
            for name, text in attribute.read(*row):
                view.setdefault(name, text)
        ended = ended or attribute.type in (0x0008, 0x001c)
    return view


def read_proto(proto):
    prefix = proto.get("name") + "."
    fields = {}
    for field in proto.iter("field"):
        fields.setdefault(field.get("name").removeprefix(prefix), field)
    if "channel" in fields:
        channel = int(fields["channel"].get("show"), 0)
        length = int(fields["length"].get("show"))
        session = fields.get("att.ms.turn_session_id")
        if session is not None:
            return {"multiplexed": str(int(session.get("show"), 0)),
                    "length": str(length - 8)}
        return {"channel_data": str(channel), "length": str(length)}
    cookie = fields["cookie"].get("value") if "cookie" in fields else ""
    return {"type": str(int(fields["type"].get("value"), 16)),
            "id": cookie + fields["id"].get("value"),
            **read_attributes(proto, prefix)}


def complaints(packet):
    for field in packet.iter("field"):
        name = field.get("name")
        if name in COMPLAINTS:
            yield name
        if "bogus" in field.get("showname", ""):
            yield field.get("showname")
    for proto in packet.iter("proto"):
        if proto.get("name") in COMPLAINTS:
            yield proto.get("name")


def payload_of(packet):
    for field in packet.iter("field"):
        if field.get("name") == "udp.payload":
            return "datagram", bytes.fromhex(field.get("value"))
        if field.get("name") == "tcp.payload":
            data = bytes.fromhex(field.get("value"))
            # RFC 4571: connectivity checks over TCP have their length before
            if len(data) - 2 == int.from_bytes(data[:2], "big"):
                return "datagram", data[2:]
            return "stream", data
    return None


def read_packet(packet):
    """(frame number, "datagram" or "stream", bytes, views, complaints)"""
    number = next(field.get("show") for field in packet.iter("field")
                  if field.get("name") == "frame.number")
    found = payload_of(packet)
    wrong = list(complaints(packet))
    views = [] if wrong else [
        read_proto(proto) for proto in packet.iter("proto")
        if proto.get("name") in ("stun", "classicstun")]
    return number, *(found or ("none", b"")), views, wrong


def packets(capture, *options):
    done = subprocess.run(
        [*COMMAND, "-r", str(capture), "-Y", MESSAGES, *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace", check=False, timeout=120)
    if done.returncode not in (0, 2):  # 2: the file is cut short
        raise RuntimeError(f"tshark {capture}: {done.stderr}")
    tree = ElementTree.fromstring(done.stdout)
    return [read_packet(packet) for packet in tree.iter("packet")]


def write_pcap(path, datagrams):
    """IPv4 and UDP from an ephemeral port to 3478, checksums left out."""
    with open(path, "wb") as pcap:
        pcap.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                               228))  # LINKTYPE_IPV4
        for second, data in enumerate(datagrams):
            udp = struct.pack(">HHHH", 50000, 3478, 8 + len(data), 0) + data
            head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp),
                               second & 0xffff, 0, 64, 17, 0,
                               bytes((192, 0, 2, 10)), bytes((192, 0, 2, 20)))
            packet = head + udp
            pcap.write(struct.pack("<IIII", second, 0, len(packet),
                                   len(packet)) + packet)
