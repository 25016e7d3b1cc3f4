"""Raw requests and responses, for handling at the socket."""

from aiohttp import web


def serialize_response(response: web.Response) -> bytes:
    """Return the bytes of a response."""
    body = response.body if isinstance(response.body, bytes) else b""
    head = [f"HTTP/1.1 {response.status} {response.reason}"]
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    head += [] if response.keep_alive is None else ["Connection: close"]
    head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def is_one_request(data: bytes) -> bool:
    """Return True when a chunk at the start of a request is exactly one complete request."""
    head, end, body = data.partition(b"\r\n\r\n")
    head = head.lower()
    if not end or b"\r\ntransfer-encoding:" in head or b"\r\nexpect:" in head:
        return False
    length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0].strip()
    if not length.isdigit():
        return not body
    return length.lstrip(b"0") == (b"%d" % len(body) if body else b"")  # int() has a limit


def header_values(head: bytes, name: bytes) -> list[bytes]:
    """Return the stripped values of a header, given by its name in lower case."""
    begin = b"\r\n" + name + b":"
    parts = head.lower().split(begin)[:-1]
    values, at = [], 0
    for part in parts:
        at += len(part) + len(begin)
        values.append(head[at:].partition(b"\r\n")[0].strip(b" \t"))
    return values
