"""Endpoints at receivers on loopback, and a worker that is called by hand."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from partners import webhooks
from partners.models import Partner, WebhookDelivery, WebhookEndpoint
from partners.webhooks import endpoints
from partners.webhooks.delivery import deliver_due
from tests.databases import url_of_database
from tests.factories import PartnerFactory
from tests.faults.conftest import grid_in_force, onboard, program_id
from tests.webhooks.receiver import Receiver, accepts, receiving
from texture_portal import actors, clock
from texture_portal.ids import new_id

__all__ = ["grid_in_force", "onboard", "program_id"]
BY = actors.system("tests")


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    settings.WEBHOOK_SECONDS = 20.0  # receivers in this very process are slow on a busy machine


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    with ExitStack() as running:
        yield lambda manner=accepts, **options: running.enter_context(receiving(manner, **options))


@pytest.fixture
def endpoint_at(transactional_db):
    """An endpoint of a partner of its own, or of this one; its secret is beside it."""

    def make(url: str, *, partner: Partner | None = None, event_types=("*",)) -> WebhookEndpoint:
        made = endpoints.add(
            partner or PartnerFactory(), url=url, event_types=list(event_types), now=clock.now(), by=BY
        )
        made.endpoint.shown_secret = made.secret
        return made.endpoint

    return make


def announce(endpoint: WebhookEndpoint, number: int = 0, **options):
    """What the receiver finds as `number`."""
    return webhooks.announce(
        **{
            "partner": Partner.objects.get(pk=endpoint.partner_id),
            "type": "enrollment.status_changed",
            "data": lambda: {"number": number},
            "now": clock.now(),
            "subject": new_id(),
            **options,
        }
    )


def deliver(*, after: timedelta = timedelta()) -> None:
    """What a worker does that is woken so long from now."""
    assert deliver_due(now=clock.now() + after) == 0


def working() -> subprocess.Popen:
    """A worker in a process of its own, on the tests' database."""
    says = (
        "import django; django.setup()\n"
        "from partners.tasks import deliver_webhooks\n"
        "from texture_portal import clock\n"
        "deliver_webhooks(now=clock.now())"
    )
    return subprocess.Popen(
        [sys.executable, "-c", says],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "texture_portal.settings",
            "DATABASE_URL": url_of_database(connection.settings_dict["NAME"]),
            "OUTBOUND_ALLOWED_HOSTS": "127.0.0.1",
        },
    )


def rows(endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
    return list(WebhookDelivery.objects.filter(endpoint=endpoint).order_by("id"))


def states(endpoint: WebhookEndpoint) -> list[str]:
    return [row.state for row in rows(endpoint)]
