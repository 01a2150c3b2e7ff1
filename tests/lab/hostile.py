"""hostile.py - peers that do everything but their duty, for hostile_lab.py.

A case is an address of its own; what is served there is a function on a
connection, a datagram or a DNS question. Certificates are written byte by
byte, since no tool makes such names.
"""

import base64
import itertools
import os
import re
import socket
import ssl
import struct
import subprocess
import threading
import time

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\n\t\x00\x7f\u202egnp.exe"
KEY = None  # path of the one private key
SLOW_S = 0.0005


# Certificates

def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def oid(text):
    return tlv(6, bytes.fromhex(text))


COMMON_NAME, SAN, BASIC = "550403", "551d11", "551d13"
ECDSA_SHA256 = tlv(0x30, oid("2a8648ce3d040302"))


def name(text):
    data = text if isinstance(text, bytes) else text.encode()
    return tlv(0x30, tlv(0x31, tlv(0x30, oid(COMMON_NAME),
                                   tlv(0x14 if data is text else 0x0c, data))))


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def make_key(path):
    global KEY
    KEY = str(path)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-out", KEY)


def certificate(subject="sip", issuer=None, names=(), is_ca=False, serial=1):
    """PEM; signed by the one key, whoever is said to have issued it."""
    public = openssl("pkey", "-in", KEY, "-pubout", "-outform", "DER")
    extensions = tlv(0x30, oid(BASIC), tlv(4, tlv(
        0x30, tlv(1, b"\xff") if is_ca else b"")))
    if names:
        extensions += tlv(0x30, oid(SAN), tlv(4, tlv(0x30, *(
            tlv(0x82, n if isinstance(n, bytes) else n.encode())
            for n in names))))
    body = tlv(0x30, tlv(0xa0, tlv(2, b"\x02")),
               tlv(2, (serial + (1 << 24)).to_bytes(4, "big")), ECDSA_SHA256,
               name(issuer or subject),
               tlv(0x30, tlv(0x17, b"250101000000Z"),
                   tlv(0x17, b"491231235959Z")),
               name(subject), public, tlv(0xa3, tlv(0x30, extensions)))
    signature = openssl("dgst", "-sha256", "-sign", KEY, data=body)
    whole = tlv(0x30, body, ECDSA_SHA256, tlv(3, b"\0", signature))
    text = base64.encodebytes(whole).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def chain(count, **leaf):
    whole = certificate(issuer="ca 1", **leaf)
    for i in range(1, count):
        whole += certificate(f"ca {i}", f"ca {i + 1}", is_ca=True,
                             serial=i + 1)
    return whole


# TCP

def whole(connection, data):
    connection.sendall(data)


def mute(connection):
    while connection.recv(65536):
        pass


def close(connection):
    connection.recv(65536)


def half_close(connection):
    connection.shutdown(socket.SHUT_WR)
    mute(connection)


def reset(connection):
    connection.recv(65536)
    reset_now(connection)


def reset_now(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))


def crumbs(connection, data, pause_s=SLOW_S):
    for byte in data:
        connection.sendall(bytes([byte]))
        if pause_s:
            time.sleep(pause_s)


def bits(connection, data):
    """One byte at a time, as fast as that goes."""
    crumbs(connection, data, 0)


def pieces(connection, data):
    for at in range(0, len(data), 16):
        connection.sendall(data[at:at + 16])


def in_pieces(data):
    def serve(connection):
        pieces(connection, data)
        mute(connection)
    return serve


def say(data, after=mute):
    """Says it, at once, whatever the client says."""
    def serve(connection):
        connection.sendall(data)
        after(connection)
    return serve


def say_slowly(data, pause_s=SLOW_S):
    def serve(connection):
        crumbs(connection, data, pause_s)
        mute(connection)
    return serve


def flood(data):
    """For ever, as fast as it is taken."""
    block = data * max(1, 16384 // len(data))

    def serve(connection):
        while True:
            connection.sendall(block)
    return serve


def over_tls(serve, pem=None, version=None, ask=False):
    """What happens inside TLS; pem a function that makes the certificate."""
    def make(directory):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        path = os.path.join(directory, f"{threading.get_ident()}.pem")
        with open(path, "w", encoding="ascii") as file:
            file.write((pem or certificate)())
        context.load_cert_chain(path, KEY)
        os.unlink(path)
        if version:
            context.maximum_version = version
        if ask:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=certificate(is_ca=True))

        def inside(connection):
            with context.wrap_socket(connection, server_side=True) as secure:
                serve(secure)
        return inside
    make.needs_directory = True
    return make


# SIP

def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise EOFError
        data += more
    return data.decode()


def answer(request, status="504 Server time-out", extra="", length="0",
           body="", via=None, via_extra=""):
    lines = dict(re.findall(r"^(Via|From|To|Call-ID|CSeq): (.*?)\r$", request,
                            re.M))
    lines["Via"] = (via or lines["Via"]) + via_extra
    text = "".join(f"{key}: {value}\r\n" for key, value in lines.items())
    return (f"SIP/2.0 {status}\r\n{text}{extra}Content-Length: {length}\r\n"
            f"\r\n{body}").encode("utf-8", "surrogateescape")


def sip(put=whole, **how):
    """Answers every request in the same odd way."""
    def serve(connection):
        while True:
            put(connection, answer(read_request(connection), **how))
    return serve


def sip_flood(**how):
    def serve(connection):
        block = answer(read_request(connection), **how) * 40
        while True:
            connection.sendall(block)
    return serve


def sip_drip(status):
    """The same provisional answer, again and again."""
    def serve(connection):
        line = answer(read_request(connection), status=status)
        while True:
            connection.sendall(line)
            time.sleep(0.05)
    return serve


# MSTURN

COOKIE = bytes.fromhex("000f000472c64bc6")
SERVER_HELLO = (bytes.fromhex("160301004e020000460301") + bytes(32)
                + b"\x20" + bytes(32) + bytes.fromhex("0018000e000000"))


def attribute(number, value):
    return struct.pack(">HH", number, len(value)) + value


def allocate_error(transaction, *attributes, kind=0x0113, length=None):
    body = COOKIE + b"".join(attributes)
    size = len(body) if length is None else length
    return struct.pack(">HH", kind, size) + transaction + body


def error(code=401, reason="Unauthorized"):
    return attribute(9, struct.pack(">HBB", 0, code // 100, code % 100)
                     + reason.encode())


def relay(reply):
    """Datagrams: reply(request) gives what is sent back, one or several."""
    def serve(datagram):
        return reply(datagram[4:20])
    return serve


def relay_stream(act):
    """The pseudo-TLS hello is right; act(connection, transaction) is not."""
    def serve(connection):
        connection.recv(65536)
        connection.sendall(SERVER_HELLO)
        request = connection.recv(65536)
        act(connection, request[8:24])
    return serve


def frame(message, kind=2):
    return struct.pack(">BBH", kind, 0, len(message)) + message


# DNS

A, CNAME, SRV, AAAA = 1, 5, 33, 28


def labels(text):
    return b"".join(bytes([len(part)]) + part for part in
                    text.encode().split(b".") if part) + b"\0"


def record(kind, data, owner=b"\xc0\x0c"):
    return owner + struct.pack(">HHIH", kind, 1, 300, len(data)) + data


def question_of(query):
    """(name, type, bytes of the question)."""
    at, parts = 12, []
    while query[at]:
        parts.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return (".".join(parts), struct.unpack_from(">H", query, at + 1)[0],
            query[12:at + 5])


def reply(query, records=(), flags=0x8580, rcode=0, question=None,
          identity=None, count=None):
    return (identity or query[:2]) + struct.pack(
        ">HHHHH", flags | rcode, 1, len(records) if count is None else count,
        0, 0) + (question or question_of(query)[2]) + b"".join(records)


HOSTS = {"sip", "webcon", "av", "xmpp"}


def is_host(asked):
    """Not each name: whoever answers for all of them is no resolver."""
    return asked.partition(".")[0] in HOSTS


def honest(query, address):
    """Each host is at that address; the SRV record leads to sip."""
    asked, kind, _ = question_of(query)
    if kind in (A, AAAA) and not is_host(asked):
        return reply(query, rcode=3)
    if kind == A:
        return reply(query, [record(A, socket.inet_aton(address))])
    if kind == SRV and asked.startswith("_sip._tls."):
        domain = asked.removeprefix("_sip._tls.")
        return reply(query, [record(SRV, struct.pack(">HHH", 0, 0, 443)
                                    + labels("sip." + domain))])
    return reply(query)


def cut(query):
    """Try TCP."""
    return reply(query, flags=0x8780)


def take(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def stream(serve):
    """A DNS server over TCP from one for datagrams."""
    def talk(connection):
        while True:
            size = int.from_bytes(take(connection, 2), "big")
            query = take(connection, size)
            data = serve(query)
            if data is None:
                return mute(connection)
            connection.sendall(len(data).to_bytes(2, "big") + data)
    return talk


# Serving

def quietly(function, *arguments):
    try:
        return function(*arguments)
    except (OSError, EOFError, ssl.SSLError):
        return None


def serve_tcp(address, port, serve):
    listener = socket.create_server((address, port), backlog=64)

    def talk(connection):
        with connection:
            connection.settimeout(20)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            quietly(serve, connection)

    def accept():
        while True:
            threading.Thread(target=talk, args=(listener.accept()[0],),
                             daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


def serve_udp(address, port, serve):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, port))

    def run():
        while True:
            datagram, client = server.recvfrom(65536)
            answers = serve(datagram)
            answers = () if answers is None else answers
            if isinstance(answers, bytes):
                answers = (answers,)
            for one in itertools.islice(answers, 20000):
                quietly(server.sendto, one, client)
    threading.Thread(target=run, daemon=True).start()
