"""`create_program` from a shell (contract §2)."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from programs.models import Program
from tests.factories import UtilityFactory

pytestmark = pytest.mark.django_db
ARGUMENTS = ("--type", "demand_response", "--device-type", "battery", "--device-type", "charger")


def create(*arguments, owner="14328"):
    out = io.StringIO()
    call_command("create_program", "Peak Saver", "--owner", owner, *ARGUMENTS, *arguments, stdout=out)
    return Program.objects.get(pk=json.loads(out.getvalue())["programId"])


def test_it_makes_an_active_program_and_prints_its_id():
    UtilityFactory(eia_id="14328")
    program = create("--requires", "battery:set-reserve", "--verified-account", "--starts", "2026-01-01")
    assert program.status == "active"
    assert program.device_types == ["battery", "charger"]
    assert program.required_commands == ["battery:set-reserve"]
    assert program.wants_verified_account


@pytest.mark.parametrize(
    ("arguments", "owner", "says"),
    [
        ((), "99", "EIA id '99'"),
        (("--requires", "battery:fly"), "14328", "battery:fly"),
        (("--starts", "soon"), "14328", "--starts"),
        (("--starts", "2026-02-01", "--ends", "2026-01-01"), "14328", "--ends is before --starts"),
        (("--max-enrollments", "-1"), "14328", "negative"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(arguments, owner, says):
    UtilityFactory(eia_id="14328")
    with pytest.raises(CommandError, match=says):
        create(*arguments, owner=owner)
    assert not Program.objects.exists()
