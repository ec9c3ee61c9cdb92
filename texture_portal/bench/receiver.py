"""A receiver that answers at once, in a process of its own: `python -m texture_portal.bench.receiver`.

It prints its port, and at the end of its input how many it got and how many came out of order.
"""

import asyncio
import json
import sys
from collections import defaultdict
from typing import Any

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
END_OF_HEAD = b"\r\n\r\n"


class Tally:
    def __init__(self) -> None:
        self.received, self.out_of_order = 0, 0
        self.last: defaultdict[str, int] = defaultdict(int)

    def note(self, document: dict[str, Any]) -> None:
        about, number = document["data"]["about"], document["data"]["number"]
        self.received += 1
        self.out_of_order += number != self.last[about] + 1
        self.last[about] = number


class Receiver(asyncio.Protocol):
    def __init__(self, tally: Tally) -> None:
        self.tally, self.pending = tally, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        head, found, rest = self.pending.partition(END_OF_HEAD)
        while found:
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            if len(rest) < length:
                return
            self.tally.note(json.loads(rest[:length]))
            self.transport.write(ANSWER)  # type: ignore[attr-defined]
            self.pending = rest[length:]
            head, found, rest = self.pending.partition(END_OF_HEAD)


async def _serve() -> None:
    tally = Tally()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(tally), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"received": tally.received, "outOfOrder": tally.out_of_order}), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
