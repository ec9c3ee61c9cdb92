"""Capacity and exclusive groups hold, whoever else is joining at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from programs.models import Participation, Program
from programs.participation import join
from tests.factories import DeviceFactory, ProgramFactory

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_never_overfill_a_program():
    program = ProgramFactory(max_enrollments=3)
    devices = [DeviceFactory() for _ in range(20)]

    def try_to_join(device):
        try:
            with transaction.atomic():
                participation = join(device, program, now=NOW)
                if participation is not None:
                    participation.save()
                return participation is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        joined = list(pool.map(try_to_join, devices))
    assert sum(joined) == 3
    assert program.live_count() == 3


@pytest.mark.django_db
def test_the_database_refuses_two_programs_of_one_group():
    device = DeviceFactory()
    first, second = (ProgramFactory(exclusive_group="peak") for _ in range(2))
    join(device, first, now=NOW).save()
    with pytest.raises(IntegrityError, match="device_once_in_exclusive_group"), transaction.atomic():
        join(device, second, now=NOW).save()
    assert Participation.objects.live().get(device=device).program == first


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts", "ends", "status", "in_force"),
    [
        (None, None, "active", True),
        (0, 0, "active", True),
        (1, None, "active", False),
        (None, -1, "active", False),
        (None, None, "full", True),
        (None, None, "paused", False),
        (None, None, "draft", False),
    ],
)
def test_a_program_is_in_force_from_its_first_day_to_its_last(starts, ends, status, in_force):
    def day(offset):
        return None if offset is None else NOW.date() + timedelta(days=offset)

    program = ProgramFactory(starts_on=day(starts), ends_on=day(ends), status=status)
    assert (program in Program.objects.in_force(now=NOW)) == in_force
