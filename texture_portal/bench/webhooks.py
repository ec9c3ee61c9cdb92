"""Webhooks from the outbox to a receiver that answers at once: one worker, order kept within every enrollment."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.test import override_settings

from partners import http, webhooks
from partners.models import Partner, WebhookAttempt, WebhookDelivery
from partners.webhooks import endpoints
from partners.webhooks.claiming import AT_ONCE_AN_ENDPOINT
from partners.webhooks.delivery import deliver_due
from texture_portal import actors, clock
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo.server import HOST
from texture_portal.ids import new_id
from texture_portal.openapi.examples import ENROLLED

ENROLLMENTS, EACH = 2_000, 5
BY = actors.system("bench", channel=actors.Channel.COMMAND)


@dataclass(slots=True)
class _Peer:
    url: str
    tally: dict[str, int] = field(default_factory=dict)


def measure(data: Path | None) -> Measurement:
    """The bodies are as large as those of enrollments. `data` plays no part."""
    count = ENROLLMENTS * EACH
    with scratch_database(), override_settings(OUTBOUND_ALLOWED_HOSTS=[HOST]):
        with _receiver() as peer:
            partner = Partner.objects.create(name="Bench", kind=Partner.Kind.OEM)
            endpoints.add(partner, url=peer.url, event_types=["*"], now=clock.now(), by=BY)
            _announce_all(Partner.objects.get(pk=partner.pk))
            began = time.perf_counter()
            while WebhookDelivery.objects.filter(state=WebhookDelivery.State.PENDING).exists():
                deliver_due(now=clock.now())
            rate = count / (time.perf_counter() - began)
        milliseconds = WebhookAttempt.objects.values_list("milliseconds", flat=True)
        seconds = [each / 1000 for each in milliseconds]
        delivered = WebhookDelivery.objects.filter(state=WebhookDelivery.State.DELIVERED).count()
        return Measurement(
            "webhooks",
            rate,
            "webhooks/s",
            seconds,
            _bare_rate(count),
            f"the same client, {AT_ONCE_AN_ENDPOINT} at once, without outbox and signature",
            {"webhooks": count, "enrollments": ENROLLMENTS, "delivered": delivered, **peer.tally},
        )


def _announce_all(partner: Partner) -> None:
    """Round after round, as enrollments change now and then."""
    subjects = [new_id() for _ in range(ENROLLMENTS)]
    for number in range(1, EACH + 1):
        for subject in subjects:
            webhooks.announce(
                partner=partner,
                type="enrollment.status_changed",
                data=lambda about=subject, number=number: _document(about, number),  # type: ignore[misc]
                subject=subject,
                now=clock.now(),
            )


def _document(about: UUID, number: int) -> dict[str, Any]:
    return {**ENROLLED, "about": about, "number": number}


def _bare_rate(count: int) -> float:
    body = json.dumps({"data": _document(UUID(int=0), 0)}, default=str).encode()
    with _receiver() as peer:
        request = http.Request("POST", peer.url, headers={"Content-Type": "application/json"}, body=body)
        began = time.perf_counter()
        for _ in range(count // AT_ONCE_AN_ENDPOINT):
            for answer in [http.client().submit(request) for _ in range(AT_ONCE_AN_ENDPOINT)]:
                answer.result()
        return count / (time.perf_counter() - began)


@contextmanager
def _receiver() -> Iterator[_Peer]:
    command = [sys.executable, "-m", "texture_portal.bench.receiver"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the receiver has no pipes")
        peer = _Peer(f"http://{HOST}:{process.stdout.readline().strip()}/in")
        try:
            yield peer
        finally:
            process.stdin.close()
            peer.tally.update(json.loads(process.stdout.readline() or "{}"))
