"""`/metrics`, for Prometheus: to whoever bears one of METRICS_TOKENS; on one's own machine to anybody."""

import hmac
import logging
import os
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from texture_portal import clock
from texture_portal.metrics import figures, requests

log = logging.getLogger(__name__)
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        raise Http404("There is nothing at this path.")
    registry = CollectorRegistry()
    registry.register(OfTheDatabase())
    registry.register(OfTheProcesses())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if not settings.METRICS_TOKENS:
        return not settings.IS_PUBLIC
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    return any(hmac.compare_digest(given, each.encode()) for each in settings.METRICS_TOKENS)


class OfTheDatabase:
    def collect(self) -> Iterator[Metric]:
        """Whatever there is where the database goes away meanwhile, and that it did."""
        try:
            yield from figures.all_of_them(now=clock.now())
        except DatabaseError:
            log.exception("the database does not answer")
            connection.close()
            yield _database_up(0)
        else:
            yield _database_up(1)


class OfTheProcesses:
    def collect(self) -> Iterator[Metric]:
        if os.environ.get(SHARED_FOLDER):
            yield from MultiProcessCollector(None).collect()  # type: ignore[no-untyped-call]
        else:
            yield from requests.COUNT.collect()
            yield from requests.TOOK.collect()


def _database_up(value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily("texture_database_up", "1: the database answers.", value=value)
