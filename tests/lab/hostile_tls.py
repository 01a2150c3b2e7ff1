"""hostile_tls.py - TLS servers that misuse what the protocol allows.

After a handshake in good order: renegotiation, new keys and tickets without
end. Python's own module offers none of it, so OpenSSL is called directly.
And a handshake written by hand, for certificates that no library would send.
"""

import ctypes
import os
import struct
import threading

import hostile as h

SSL = ctypes.CDLL("libssl.so.3")
POINTER = ctypes.c_void_p
SET_MAX_VERSION, PEM = 124, 1
TLS_1_2, TLS_1_3 = 0x0303, 0x0304
KEY_UPDATE_REQUESTED = 1

for _name, _result, _arguments in (
        ("TLS_server_method", POINTER, []),
        ("SSL_CTX_new", POINTER, [POINTER]),
        ("SSL_CTX_ctrl", ctypes.c_long,
         [POINTER, ctypes.c_int, ctypes.c_long, POINTER]),
        ("SSL_CTX_use_certificate_chain_file", ctypes.c_int,
         [POINTER, ctypes.c_char_p]),
        ("SSL_CTX_use_PrivateKey_file", ctypes.c_int,
         [POINTER, ctypes.c_char_p, ctypes.c_int]),
        ("SSL_new", POINTER, [POINTER]),
        ("SSL_free", None, [POINTER]),
        ("SSL_set_fd", ctypes.c_int, [POINTER, ctypes.c_int]),
        ("SSL_accept", ctypes.c_int, [POINTER]),
        ("SSL_do_handshake", ctypes.c_int, [POINTER]),
        ("SSL_renegotiate", ctypes.c_int, [POINTER]),
        ("SSL_renegotiate_pending", ctypes.c_int, [POINTER]),
        ("SSL_key_update", ctypes.c_int, [POINTER, ctypes.c_int]),
        ("SSL_new_session_ticket", ctypes.c_int, [POINTER]),
        ("SSL_read", ctypes.c_int, [POINTER, POINTER, ctypes.c_int]),
        ("SSL_write", ctypes.c_int,
         [POINTER, ctypes.c_char_p, ctypes.c_int]),
        ("SSL_shutdown", ctypes.c_int, [POINTER])):
    _function = getattr(SSL, _name)
    _function.restype, _function.argtypes = _result, _arguments


def must(result):
    if result != 1:
        raise EOFError


def renegotiate(ssl, connection):
    """One handshake after the other; application data is thrown away."""
    del connection
    buffer = ctypes.create_string_buffer(16384)
    while True:
        must(SSL.SSL_renegotiate(ssl))
        must(SSL.SSL_do_handshake(ssl))
        while SSL.SSL_renegotiate_pending(ssl):
            if SSL.SSL_read(ssl, buffer, len(buffer)) <= 0:
                raise EOFError


def request_once(ssl, connection):
    """Asks for a new handshake, and then does not take part in it."""
    must(SSL.SSL_renegotiate(ssl))
    must(SSL.SSL_do_handshake(ssl))
    h.mute(connection)


def update_keys(ssl, connection):
    del connection
    while True:
        must(SSL.SSL_key_update(ssl, KEY_UPDATE_REQUESTED))
        must(SSL.SSL_do_handshake(ssl))


def update_and_whisper(ssl, connection):
    """Lets a byte of data through now and then: an empty line."""
    del connection
    while True:
        for _ in range(100):
            must(SSL.SSL_key_update(ssl, KEY_UPDATE_REQUESTED))
            must(SSL.SSL_do_handshake(ssl))
        must(SSL.SSL_write(ssl, b"\n", 1))


def send_tickets(ssl, connection):
    del connection
    while True:
        must(SSL.SSL_new_session_ticket(ssl))
        must(SSL.SSL_do_handshake(ssl))


def say_goodbye(ssl, connection):
    """close_notify, and the connection stays."""
    SSL.SSL_shutdown(ssl)
    h.mute(connection)


def after_handshake(act, version=TLS_1_3):
    """What act(ssl, connection) does with the connection made."""
    def make(directory):
        context = SSL.SSL_CTX_new(SSL.TLS_server_method())
        path = os.path.join(directory, f"{threading.get_ident()}.pem")
        with open(path, "w", encoding="ascii") as file:
            file.write(h.certificate())
        must(SSL.SSL_CTX_use_certificate_chain_file(context, path.encode()))
        must(SSL.SSL_CTX_use_PrivateKey_file(context, h.KEY.encode(), PEM))
        SSL.SSL_CTX_ctrl(context, SET_MAX_VERSION, version, None)
        os.unlink(path)

        def serve(connection):
            connection.settimeout(None)
            ssl = SSL.SSL_new(context)
            SSL.SSL_set_fd(ssl, connection.fileno())
            try:
                must(SSL.SSL_accept(ssl))
                act(ssl, connection)
            finally:
                SSL.SSL_free(ssl)
        return serve
    make.needs_directory = True
    return make


# A handshake by hand

def record(data, kind=0x16):
    return bytes([kind, 3, 3]) + len(data).to_bytes(2, "big") + data


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


SERVER_HELLO = message(2, b"\3\3" + bytes(32) + b"\0" + b"\xc0\x2b\0"
                       + b"\0\5\xff\1\0\1\0")


def list_of(*certificates):
    body = b"".join(len(one).to_bytes(3, "big") + one for one in certificates)
    return len(body).to_bytes(3, "big") + body


def certificates_message(body):
    """ServerHello, and a Certificate message of this body."""
    whole = message(11, body)
    return record(SERVER_HELLO) + b"".join(
        record(whole[at:at + 16384]) for at in range(0, len(whole), 16384))


def versions_answer(version):
    """A ServerHello of this version and no more."""
    return record(message(2, struct.pack(">H", version) + bytes(32) + b"\0"
                          + b"\x13\x01\0"))
