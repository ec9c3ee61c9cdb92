"""What the portal talks to beside its database: whether somebody listens there. Nothing is said to them."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from texture_portal import queue
from texture_portal.doctor.finding import Finding, fault, ok, warning

SECONDS = 3.0
HERE = ("", "localhost", "127.0.0.1", "::1")
SEALED = ("rediss", "mqtts")
PORTS = {"mqtt": 1883, "mqtts": 8883}


def look() -> Iterator[Finding]:
    yield _transport()
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


def _transport() -> Finding:
    """Whether what is said to another machine can be read on the way."""
    plain = [name for name, host, is_sealed in _lines() if not is_sealed and host not in HERE]
    if plain:
        said = f"{', '.join(plain)} go to another machine without TLS whose certificate is looked at"
        return warning("transport", said, "sslmode=verify-full, rediss, mqtts, smtp+tls: see docs/deployment.md")
    return ok("transport", "what goes to other machines goes by TLS")


def _lines() -> Iterator[tuple[str, str, bool]]:
    """The setting, the host, and whether TLS with a certificate that is looked at is asked for."""
    database = settings.DATABASES["default"]
    sealed = str(database["OPTIONS"].get("sslmode", "")).startswith("verify-")
    for host in str(database.get("HOST") or "").split(","):
        yield "DATABASE_URL", "" if host.startswith("/") else host, sealed
    for name, url in (("REDIS_URL", settings.REDIS_URL), ("MQTT_URL", settings.MQTT_URL)):
        parts = urlsplit(url)
        yield name, parts.hostname or "", parts.scheme in SEALED
    yield "EMAIL_URL", settings.EMAIL_HOST, settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL


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
