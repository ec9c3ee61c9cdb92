"""kill -9 of `manage.py rematch`, again and again: what was moved stays moved, once, and the next run goes on."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from enrollments.models import Enrollment
from tests.databases import url_of_database
from tests.factories import ProgramFactory, ServiceTerritoryFactory, UtilityFactory, enrolled, matched_to

SITES = 40
KILL_AFTER = 5  # proposals that a run has told of


def start_rematch():
    return subprocess.Popen(
        [sys.executable, "-u", "manage.py", "rematch"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url_of_database(connection.settings_dict["NAME"])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def moved_in_a_run_that_is_killed() -> int:
    process = start_rematch()
    told = 0
    for line in process.stdout:
        told += "(move)" in line
        if told == KILL_AFTER:
            process.kill()
            break
    process.communicate()
    assert process.returncode == -9, "it came to its end before it was killed"
    return told


@pytest.mark.django_db(transaction=True)
def test_each_site_is_moved_once_however_often_it_is_killed():
    before = UtilityFactory()
    enrollments = [enrolled(finding=matched_to(before)) for _ in range(SITES)]
    program = ProgramFactory()
    ServiceTerritoryFactory(utility=program.owner)

    for _ in range(3):
        assert moved_in_a_run_that_is_killed() == KILL_AFTER
    last = start_rematch()
    said, _ = last.communicate()
    assert last.returncode == 0
    assert said.count("(move)") <= SITES - 3 * KILL_AFTER

    for each in enrollments:
        now = Enrollment.objects.select_related("site").get(pk=each.pk)
        assert (now.state, now.site.utility_id) == ("enrolled", program.owner_id)
        assert now.history.filter(state="enrolled").count() == 1
        assert now.device.participations.filter(left_at__isnull=True).count() == 1
    assert "->" not in start_rematch().communicate()[0]
    call_command("verify_audit_trail", verbosity=0)
