"""Ports of servers that are told where to listen, and whether anybody listens there."""

import itertools
import os
import random
import socket

# Beneath those that systems give out: none is taken by a client or by another test's server before ours listens on it,
# and no call to one on which nobody listens yet is answered by itself. Each process of a run has its own.
LOWEST, EACH, PROCESSES = 15_000, 400, 40
_first = LOWEST + EACH * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PROCESSES)
_offsets = itertools.count(random.randrange(EACH))  # another run on this machine begins elsewhere


def free_port() -> int:
    for offset in itertools.islice(_offsets, EACH):
        port = _first + offset % EACH
        if not listens(port) and _can_be_had(port):
            return port
    raise AssertionError(f"none of the ports from {_first} to {_first + EACH - 1} is free")


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _can_be_had(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
