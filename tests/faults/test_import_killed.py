"""kill -9 of the workers while they enroll the rows of a file: every row once, none lost.

IMPORT_KILL_ROWS=100000 python -m pytest tests/faults/test_import_killed.py -s
"""

import contextlib
import os
import random
import time

import psutil
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction

from enrollments.imports import keeping, running
from enrollments.models import Enrollment, EnrollmentFile, FileRow
from partners.models import Partner
from tests.imports.conftest import a_row, as_csv
from tests.waiting import PATIENCE, wait_for
from texture_portal import clock, jobs

ROWS = int(os.environ.get("IMPORT_KILL_ROWS", "120"))
MOST_KILLS = 4


def counts(file):
    return EnrollmentFile.objects.get(pk=file.pk).counts()


@transaction.atomic
def free_what_the_dead_had(file):
    """Their claims run out by themselves after 90 seconds, which no test waits for."""
    for claimed in (FileRow.objects.filter(file=file), EnrollmentFile.objects.filter(pk=file.pk)):
        free = claimed.filter(claimed_until__isnull=False).select_for_update(skip_locked=True)
        claimed.filter(pk__in=list(free.values_list("pk", flat=True))).update(claimed_until=None)


def until(portal, file, status):
    """Works on, with a kill now and then, until the file is there; gives how many were killed."""
    killed, ends = 0, time.monotonic() + PATIENCE + ROWS / 20
    while EnrollmentFile.objects.get(pk=file.pk).status != status:
        assert time.monotonic() < ends, counts(file)
        time.sleep(random.uniform(0.2, 0.6))
        if killed < MOST_KILLS and (below := portal.below("qcluster")):
            with contextlib.suppress(psutil.NoSuchProcess):
                random.choice(below).kill()
                killed += 1
        else:
            free_what_the_dead_had(file)
            jobs.wake(keeping.JOB)
            time.sleep(1)
    return killed


@pytest.mark.django_db(transaction=True)
def test_every_row_of_a_file_is_enrolled_once_however_often_workers_die(serve, onboard):
    portal = serve(HEARTBEAT_STALE_SECONDS="20")
    partner = Partner.objects.get(pk=onboard(portal.authority).partner_id)
    user = User.objects.create_user("rita", is_staff=True)
    content = as_csv([a_row(number) for number in range(ROWS)])
    began = time.monotonic()
    file = keeping.upload([content], name="many.csv", partner=partner, now=clock.now(), user=user)
    wait_for(lambda: counts(file))
    killed = until(portal, file, "checked")
    assert counts(file) == {"ready": ROWS}
    running.start(EnrollmentFile.objects.get(pk=file.pk), reason="As agreed.", now=clock.now(), user=user)
    wait_for(lambda: counts(file).get("enrolled"))
    killed += until(portal, file, "done")
    print(f"{ROWS} rows in {time.monotonic() - began:.0f} s; killed {killed}")
    assert killed >= 2
    assert counts(file) == {"enrolled": ROWS}
    devices = Enrollment.objects.values_list("device__manufacturer_device_id", flat=True)
    assert sorted(devices) == sorted(f"FILE-{number:05}" for number in range(ROWS))
    assert set(Enrollment.objects.values_list("state", flat=True)) == {"enrolled"}
    call_command("verify_audit_trail", verbosity=0)
