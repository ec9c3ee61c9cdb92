"""kill -9 of the workers while they erase people: each is erased whole, once, or not at all.

DELETION_KILL_PEOPLE=200 python -m pytest tests/deletion/test_killed.py -s
"""

import contextlib
import os
import random
import time
from datetime import timedelta

import psutil
import pytest
from django.db.models import OuterRef, Subquery

from enrollments.deletion import asking, certificate
from enrollments.models import DeletionRequest
from partners.models import Customer
from territories.models import Site
from tests.deletion.test_carrying_out import RITA, verify
from tests.factories import active
from tests.faults.conftest import grid_in_force, peer, program_id, serve  # noqa: F401 - fixtures
from tests.waiting import PATIENCE
from texture_portal import clock, jobs

PEOPLE = int(os.environ.get("DELETION_KILL_PEOPLE", "24"))
MOST_KILLS = 4


def standings():
    """Of each person, in one look: key gone, street gone, certificate there. All of it, or nothing."""
    street = Site.objects.filter(customer_id=OuterRef("customer_id")).values("street_one")
    rows = DeletionRequest.objects.annotate(street=Subquery(street)).values_list(
        "customer__erased_at", "street", "certificate"
    )
    found = [(erased is not None, street == "", certificate is not None) for erased, street, certificate in rows]
    assert {each for each in found if len(set(each)) > 1} == set()
    return found


def free_what_the_dead_had():
    """Their claims run out by themselves after two minutes, which no test waits for."""
    DeletionRequest.objects.filter(attempt_at__isnull=False).update(attempt_at=clock.now())


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_is_erased_whole_however_often_workers_die(serve):  # noqa: F811 - the fixture
    people = [active().customer for _ in range(PEOPLE)]
    begun = clock.now() - timedelta(minutes=5)
    for customer in people:
        [request] = asking.ask([customer], via="mail", now=begun, by=RITA)
        asking.begin(request, telemetry="erase", now=begun, by=RITA)
    portal, killed = serve(HEARTBEAT_STALE_SECONDS="20"), 0
    ends = time.monotonic() + PATIENCE + PEOPLE
    while DeletionRequest.objects.filter(done_at=None).exists():
        assert time.monotonic() < ends, f"{DeletionRequest.objects.filter(done_at=None).count()} are left"
        time.sleep(random.uniform(0.05, 0.3))
        standings()
        if killed < MOST_KILLS and (below := portal.below("qcluster")):
            with contextlib.suppress(psutil.NoSuchProcess):
                random.choice(below).kill()
                killed += 1
        free_what_the_dead_had()
        jobs.wake(asking.JOB)
    print(f"{PEOPLE} people; killed {killed}")
    assert killed >= 1
    assert set(standings()) == {(True, True, True)}
    assert [each for each in DeletionRequest.objects.all() if certificate.faults(each.certificate)] == []
    assert Customer.objects.filter(erased_at=None).count() == 0
    assert "The audit trail is whole" in verify()
