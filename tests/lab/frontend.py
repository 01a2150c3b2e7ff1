#!/usr/bin/env python3
"""frontend.py - Front End Servers, as far as an Edge Server can see them.

usage: frontend.py CERTIFICATE ROOTS ADDRESS...

Mutual TLS at port 5061 of each address: a certificate is asked for and taken
only from ROOTS; then every SIP request gets 200.
"""

import asyncio
import ssl
import sys

PORT = 5061
KEPT = "via", "from", "to", "call-id", "cseq"
PATIENCE_S = 30
REQUEST_BYTES_MAX = 65536


def answer(request):
    lines = request.decode("utf-8", "replace").split("\r\n")
    kept = [line for line in lines[1:]
            if line.partition(":")[0].strip().lower() in KEPT]
    return "\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "",
                        ""]).encode()


async def serve(reader, writer):
    try:
        while True:
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"),
                                             PATIENCE_S)
            writer.write(answer(request))
            await writer.drain()
    except (OSError, EOFError, ValueError, asyncio.TimeoutError,
            asyncio.LimitOverrunError):
        pass  # whoever goes, goes
    finally:
        writer.close()


async def main(certificate, roots, *addresses):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.load_verify_locations(roots)
    context.verify_mode = ssl.CERT_OPTIONAL
    servers = [await asyncio.start_server(
        serve, address, PORT, ssl=context, limit=REQUEST_BYTES_MAX)
        for address in addresses]
    print("serving", flush=True)
    await asyncio.gather(*(one.serve_forever() for one in servers))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
