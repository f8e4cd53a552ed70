"""Which `Host` a request may name: a page that turns its own name to this address is refused.

A browser asks a stranger's name even when that name leads to 127.0.0.1 (DNS rebinding), and takes
the answer for the stranger's. An address, or a name that nobody can register, is no stranger's.
"""

from collections.abc import Collection
from ipaddress import ip_address

# RFC 2606, 6761, 6762, 8375 and the reserved `internal`: no public server answers for them.
_PRIVATE = ("localhost", "local", "internal", "test", "home.arpa")


def is_own_host(host: str, names: Collection[str] = ()) -> bool:
    """Whether the `Host` header is an address, a name of a private network, or one of `names`.

    >>> is_own_host("127.0.0.1:4006"), is_own_host("stranger.example:4006")
    (True, False)
    >>> is_own_host("signals.firm.com", ["signals.firm.com"])
    True
    """
    name = host_name(host)
    if name in names or _is_address(name):
        return True
    return bool(name) and ("." not in name or name.endswith(tuple(f".{end}" for end in _PRIVATE)))


def host_name(host: str) -> str:
    """The header without its port, in lower case."""
    name, colon, port = host.rpartition(":")
    name = name if colon and (port.isdecimal() or not port) else host
    return name.strip("[]").lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
