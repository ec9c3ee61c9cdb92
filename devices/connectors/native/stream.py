"""A broker's stream with a session that outlasts us: a message is acknowledged once its readings are committed.

Whatever was not acknowledged comes again after a cut, so nothing is lost; and since a reading is its device and
instant, nothing is kept twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from django.conf import settings
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from devices.connectors.native.broker import address
from devices.connectors.native.messages import Message
from devices.connectors.native.topics import SUBSCRIPTIONS

log = logging.getLogger(__name__)
AT_LEAST_ONCE = 1
LARGEST_BATCH = 1_000
PATIENCE_SECONDS = 0.25  # for a batch to fill
KEEPALIVE_SECONDS = 30


def is_wanted() -> bool:
    return bool(settings.MQTT_URL)


@dataclass(frozen=True, slots=True)
class _Arrived:
    """`session` counts connections: a number means another message after a cut, and must not be acknowledged then."""

    session: int
    number: int
    message: Message


class Stream:
    """`url` is `mqtt://user:password@host:port`, or `mqtts://`. `name` is the session's, for one process."""

    def __init__(self, url: str, *, name: str) -> None:
        self._arrived: SimpleQueue[_Arrived] = SimpleQueue()
        self._session = 0
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._on_message
        self._host, self._port = self._address(url)
        self._open()

    def take(self, act: Callable[[list[Message]], Any]) -> int:
        """One batch, acknowledged once `act` returned; how many messages that were. What it raises leaves them be."""
        batch = self._batch()
        if batch:
            act([each.message for each in batch])
            for each in batch:
                if each.session == self._session:
                    self._client.ack(each.number, AT_LEAST_ONCE)
        return len(batch)

    def forget(self) -> None:
        """Cuts the connection and what came over it: the broker sends it again over the next one."""
        self.close()
        self._session += 1
        while not self._arrived.empty():
            self._arrived.get()
        self._open()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _address(self, url: str) -> tuple[str, int]:
        self._client.reconnect_delay_set(min_delay=1, max_delay=30)
        return address(self._client, url)

    def _open(self) -> None:
        """The connection is made in the background, and made again whenever it is cut."""
        self._client.connect_async(self._host, self._port, keepalive=KEEPALIVE_SECONDS)
        self._client.loop_start()

    def _batch(self) -> list[_Arrived]:
        batch: list[_Arrived] = []
        ends = monotonic() + PATIENCE_SECONDS
        while len(batch) < LARGEST_BATCH:
            try:
                batch.append(self._arrived.get(timeout=max(0.0, ends - monotonic())))
            except Empty:
                break
        return batch

    def _connected(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            log.error("The broker refuses the connection: %s", reason)
            return
        self._session += 1
        log.info("Connected to the broker; the session %s", "goes on" if flags.session_present else "is new")
        client.subscribe([(topic, AT_LEAST_ONCE) for topic in SUBSCRIPTIONS])

    def _disconnected(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._session += 1
        if reason.is_failure:
            log.warning("The connection to the broker was cut: %s", reason)

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self._arrived.put(_Arrived(self._session, message.mid, Message(message.topic, bytes(message.payload))))
