"""What the portal talks to beside its database: whether somebody listens there. Nothing is said to them."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from texture_portal import queue
from texture_portal.doctor.finding import Finding, fault, ok, warning

SECONDS = 3.0
PORTS = {"mqtt": 1883, "mqtts": 8883}


def look() -> Iterator[Finding]:
    if queue.is_in_redis():
        yield _redis()
    if settings.MQTT_URL:
        url = urlsplit(settings.MQTT_URL)
        yield _listens("broker", url.hostname, url.port or PORTS.get(url.scheme, 1883), remedy="see MQTT_URL")
    if settings.ESCALATION_EMAILS:
        yield _listens("mail server", settings.EMAIL_HOST, settings.EMAIL_PORT, remedy="see EMAIL_URL")
    if settings.GEOCODERS == ["postal"]:
        said = "only the offline one, which knows places and no streets: addresses near a border go to review"
        yield warning("geocoders", said, "set GEOCODERS, see docs/geocoding.md")
    else:
        yield ok("geocoders", ", ".join(settings.GEOCODERS))


def _redis() -> Finding:
    try:
        tasks = queue.size()
    except queue.QueueAwayError as away:
        said = f"Redis does not answer ({away}): workers are woken by nobody"
        return fault("queue", said, "see REDIS_URL, and whether the server runs; nothing is lost meanwhile")
    return ok("queue", f"Redis answers, {tasks} tasks wait")


def _listens(about: str, host: str | None, port: int | None, *, remedy: str) -> Finding:
    try:
        socket.create_connection((str(host), int(port or 0)), timeout=SECONDS).close()
    except OSError as failure:
        return fault(about, f"nobody listens at {host}:{port} ({type(failure).__name__})", remedy)
    return ok(about, f"somebody listens at {host}:{port}")
