"""Sockets that a server listens at."""

import socket

from elegan.core.errors import UserError


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0: any that is free. Raises UserError where it cannot be."""
    try:
        ((family, _, _, _, address), *_) = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # Named as TCP, or asyncio would leave Nagle's algorithm on, which holds the second part of an answer back for 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)  # so that who reads the address may ask at once
    except OSError as error:
        raise UserError(f"cannot listen at {host}, port {port}: {error.strerror}; --port names another") from None
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """The address of a server that was asked to listen at `host`, as in http://127.0.0.1:8899."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
