"""Who asks a server on this machine: by which name, and from whose page."""

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit


def is_loopback(name: str) -> bool:
    """Whether a name or number is that by which this machine alone reaches itself.

    >>> is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("localhost.example")
    (True, True, False, False)
    """
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def names_this_machine(host: str, wide: bool = False) -> bool:
    """Whether a Host header names this machine, and no foreign name that is turned to it (DNS rebinding): as it does itself, or
    where others reach it (`wide`) also by any number, which no name can be, and by its own name.

    >>> names_this_machine("127.0.0.1:8899"), names_this_machine("evil.example"), names_this_machine("10.1.2.3", wide=True)
    (True, False, True)
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if is_loopback(name):
        return True
    if not wide:
        return False
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return name in (socket.gethostname().lower(), socket.getfqdn().lower())


def from_another_page(headers: Mapping[str, str]) -> bool:
    """Whether a page of another site, or of another port, is behind a request, by what browsers say of it: `sec-fetch-site`,
    which no page can forge, and those that do not know it `origin`.

    >>> from_another_page({"host": "127.0.0.1:1", "origin": "http://evil.example"}), from_another_page({"host": "127.0.0.1:1"})
    (True, False)
    """
    site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
    if site not in ("same-origin", "none"):
        return True
    return site == "none" and origin is not None and urlsplit(origin).netloc != headers.get("host", "")
