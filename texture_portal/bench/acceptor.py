"""The other side of commands, in a process of its own: it accepts what it is sent, and to who asks it is complete.

`python -m texture_portal.bench.acceptor` prints its port, and ends with its input.
"""

import asyncio
import json
import sys

LATENCY_SECONDS = 0.1


class Acceptor(asyncio.Protocol):
    """The other side: it accepts whatever it is sent, after a while; to who asks, it is complete."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.pending = transport, b""

    def data_received(self, data: bytes) -> None:
        self.pending += data
        head, found, rest = self.pending.partition(b"\r\n\r\n")
        while found:
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            wanted = int(length or 0)
            if len(rest) < wanted:
                return
            is_asked, self.pending = head.startswith(b"GET"), rest[wanted:]
            asyncio.get_running_loop().call_later(LATENCY_SECONDS, self._answer, is_asked)
            head, found, rest = self.pending.partition(b"\r\n\r\n")

    def _answer(self, is_asked: bool) -> None:
        body = json.dumps({"status": "complete" if is_asked else "accepted"}).encode()
        if not self.transport.is_closing():
            self.transport.write(  # type: ignore[attr-defined]
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Acceptor, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
