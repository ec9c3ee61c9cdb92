"""A cloud's connector document, as program engineers write it: checked, tried, and put into force on record."""

import time
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from yarl import URL

from devices.connections.access import authorize
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.connections.record import save_on_record
from devices.connectors.pull.asking import Names, UnknownNameError, ask
from devices.connectors.pull.documents import Document
from devices.connectors.pull.faults import DocumentError
from devices.connectors.pull.instants import asked as written
from devices.connectors.registry import PATTERNS
from devices.models import Cloud, Connection
from devices.polling import answers, discovery, limits
from devices.polling.trips import NAME, USUAL_SECONDS
from partners import http
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

MOST_BYTES = 1024 * 1024
LONGEST_WAIT = 5.0  # seconds, for a moment that the limit leaves


def read(cloud: Cloud, text: str) -> Document:
    """Raises `DocumentError`; and `Refusal` for a text that is no JSON."""
    return parse(cloud, json_of(text, what="document"))


def parse(cloud: Cloud, raw: Any) -> Document:
    """As the cloud's pattern has it."""
    reads = PATTERNS[cloud.connector].parse
    if reads is None:
        raise Refusal("state_conflict", "A cloud of this kind needs no connector document.")
    return reads(raw)


def json_of(text: str, *, what: str) -> Any:
    """Raises `Refusal`, which says where it is no JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise Refusal("malformed_json", f"The {what} is no JSON: {wrong}.") from None


@transaction.atomic
def put_into_force(cloud: Cloud, raw: Any, *, reason: str, now: datetime, by: Actor) -> str:
    """From the next call on. What it says of the key's place is the cloud's from now on; all is discovered anew."""
    cloud = Cloud.objects.select_for_update().get(pk=cloud.pk)
    try:
        document = parse(cloud, raw)
    except DocumentError as wrong:
        raise Refusal("validation_failed", f"{wrong.faults[0]} ({len(wrong.faults)} faults.)") from None
    cloud.document = raw
    if document.authentication.send != "bearer":
        cloud.api_key_place = document.authentication.send
        cloud.api_key_name = document.authentication.name
        cloud.api_key_prefix = document.authentication.prefix
    save_on_record(cloud, by=by, reason=reason)
    discovery.look_again(cloud, now=now)
    return f"The document is in force: {len(document.entries)} kinds of device, {len(document.calls)} calls."


def fetch(cloud: Cloud, document: Document, call_name: str, *, names: Names, now: datetime) -> Any:
    """The present answer of one call, asked within the cloud's limits. Raises `Refusal` where there is none."""
    if cloud.connector != Cloud.Connector.PULL:
        raise Refusal("state_conflict", "A stream has no answer to fetch: paste one of its messages.")
    call = document.calls[call_name]
    day = {"start": written(now - timedelta(days=1), call.times), "end": written(now, call.times)}
    connection = Connection.objects.filter(cloud=cloud, status=Connection.Status.ACTIVE).order_by("-granted_at").first()
    if connection is None:
        raise Refusal("state_conflict", "The cloud has no active connection. Remedy: add one, or paste an answer.")
    try:
        asked = ask(call, {**day, **names})
        key = authorize(connection, now=now)
        limit = limits.limits_of(cloud, document.limits).get(call.category, limits.USUAL)
        [wait] = limits.reserve(cloud, call.category, limit, count=1, within=LONGEST_WAIT)
    except UnknownNameError as missing:
        raise Refusal("validation_failed", f"The call needs {missing}: give it among the names.") from None
    except (ConnectionBrokenError, ConnectionUnavailableError, limits.LimitFormError) as wrong:
        raise Refusal("state_conflict", str(wrong)) from None
    except limits.NoRoomError as full:
        raise Refusal("rate_limited", f"The cloud's limit leaves {full}.") from None
    time.sleep(wait)
    request = http.Request(
        asked.method,
        str(URL(f"{cloud.base_url.rstrip('/')}{asked.target}", encoded=True).extend_query(dict(key.query))),
        headers={"User-Agent": NAME, **asked.headers, **key.headers},
        body=asked.body,
        seconds=USUAL_SECONDS,
        most_bytes=MOST_BYTES,
    )
    verdict = answers.judge(http.client().submit(request), now=now)
    if verdict.told is None:
        raise Refusal("unavailable", f"The cloud did not answer well: {verdict.code}.")
    return verdict.told.answer
