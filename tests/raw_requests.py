"""HTTP as no client of ours writes it, and what comes back, over a plain socket."""

import socket
from typing import NamedTuple

_SECONDS = 20.0
_MOST_BYTES = 1 << 20


class Raw(NamedTuple):
    """A request's name and bytes; `%s` is where the head of a guarded POST stands."""

    name: str
    request: bytes


_GET = b"GET /livez HTTP/1.1\r\n"
_HOST = b"Host: localhost\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_END = b"0\r\n\r\n"

# Refused with a status from 400 on, and the connection closed: what follows is never a request.
REFUSED = (
    Raw("two ends of a body", b"%sContent-Length: 4\r\n" + _CHUNKED + b"\r\n" + _END),
    Raw("two lengths", b"%sContent-Length: 2\r\nContent-Length: 4\r\n\r\n{}GE"),
    Raw("a length below zero", b"%sContent-Length: -1\r\n\r\n"),
    Raw("a length with a sign", b"%sContent-Length: +2\r\n\r\n{}"),
    Raw("a length of 5,000 digits", b"%sContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}"),
    Raw("a coding nobody knows", b"%sTransfer-Encoding: xchunked\r\n\r\n" + _END),
    Raw("chunked and then not", b"%sTransfer-Encoding: chunked, identity\r\n\r\n" + _END),
    Raw("a chunk below zero", b"%s" + _CHUNKED + b"\r\n-1\r\n{\r\n" + _END),
    Raw("an endless trailer", b"%s" + _CHUNKED + b"\r\n2\r\n{}\r\n0\r\nT: " + b"a" * 200_000),
    Raw("a blank before the colon", _GET + b"Host : a\r\n\r\n"),
    Raw("a bare CR in a header", _GET + _HOST + b"X: y\rZ: 1\r\n\r\n"),
    Raw("NUL in a header", _GET + _HOST + b"X: \x00\r\n\r\n"),
    Raw("no host", _GET + b"\r\n"),
    Raw("two hosts", _GET + _HOST + b"Host: b\r\n\r\n"),
    Raw("a header of 100 KB", _GET + _HOST + b"X: " + b"y" * 100_000 + b"\r\n\r\n"),
    Raw("40,000 headers", _GET + _HOST + b"X: y\r\n" * 40_000 + b"\r\n"),
    Raw("a path of 100 KB", b"GET /" + b"y" * 100_000 + b" HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Raw("bytes in the path", b"GET /\xe9\xff HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Raw("TLS", b"\x16\x03\x01\x02\x00\x01\x00" * 20),
)
# Answered, with less than 500, whatever they are taken for.
ANSWERED = (
    Raw("another way to the same", b"GET http://evil.example/livez HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Raw("a tunnel", b"CONNECT evil.example:80 HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Raw("an echo", b"TRACE /livez HTTP/1.1\r\n" + _HOST + b"X-Private: s\r\n\r\n"),
    Raw("all of it", b"OPTIONS * HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Raw("a host of odd bytes", b"GET /livez HTTP/1.1\r\nHost: \xff\xed\xa0\x80.example\r\n\r\n"),
    Raw("a path that ends in %", b"GET /%zz%ff% HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Raw(
        "a web socket",
        _GET + _HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    Raw("gzip", b"%sContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    Raw("gzip that is none", b"%sContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    Raw("gzip on a read", _GET + _HOST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    Raw(
        "a chunk's note of 10 KB",
        b"%s" + _CHUNKED + b"\r\n2;" + b"a" * 10_000 + b"\r\n{}\r\n" + _END,
    ),
)


def exchange(port: int, request: bytes, *, to_end: bool) -> bytes:
    """What a listener on this port answers: to the connection's end, or the first that comes.

    Raises TimeoutError when nothing comes, or no end.
    """
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
        try:
            connection.sendall(request)
            while part := connection.recv(65536):
                answer += part
                if not to_end or len(answer) > _MOST_BYTES:
                    break
        except ConnectionError:
            pass  # refused before all of it was read
    return answer


def post(path: str, header: str, token: str) -> bytes:
    """The head of a guarded POST, for more headers and a body to follow."""
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", f"{header}: {token}")
    return "".join(f"{line}\r\n" for line in (*lines, "Content-Type: application/json")).encode()


def status(answer: bytes) -> int:
    """The status of an answer's first line; 0 where there is none."""
    words = answer.split(b"\r\n", 1)[0].split()
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/1.") else 0
