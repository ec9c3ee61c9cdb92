"""Where the broker is, and how the portal proves itself there."""

import ssl
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client

PORTS = {"mqtt": 1883, "mqtts": 8883}


def address(client: Client, url: str) -> tuple[str, int]:
    """Host and port of `mqtt://user:password@host:port`, or `mqtts://`; the client gets what opens it."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("MQTT_URL is not mqtt://user:password@host:port, or mqtts://…")
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set_context(ssl.create_default_context())
    return parts.hostname, parts.port or PORTS[parts.scheme]
