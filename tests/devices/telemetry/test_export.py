"""A portfolio as CSV."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from devices.models import Portfolio
from devices.telemetry.taking import Observed, take
from tests.factories import DeviceFactory
from texture_portal import clock

pytestmark = pytest.mark.django_db


def exported(name: str, *options: str) -> list[dict]:
    out = io.StringIO()
    call_command("export_telemetry", name, *options, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


@pytest.fixture
def portfolio():
    made = Portfolio.objects.create(name="Marin", kind="program")
    battery = DeviceFactory(manufacturer_device_id="=1+1")
    solar = DeviceFactory(customer=battery.customer, type="inverter")
    now = clock.now()
    made.devices.add(battery, solar, through_defaults={"added_at": now})
    ago = [now - timedelta(minutes=minutes) for minutes in (30, 10)]
    told = [Observed("=1+1", at, {"chargePercentage": 70 + place}) for place, at in enumerate(ago)]
    told.append(Observed(solar.manufacturer_device_id, ago[0], {"power": 5, "batteryState": {"charge": 7}}))
    assert take(battery.partner, told, now=now).accepted == 3
    return made


def test_every_moment_is_a_row(portfolio):
    first, second, third = exported("Marin")
    assert (first["chargePercentage"], second["chargePercentage"], first["power"]) == ("70", "71", "")
    assert (third["type"], third["power"], third["batteryState.charge"]) == ("inverter", "5", "7")
    assert first["manufacturerDeviceId"] == "'=1+1"  # no formula in anybody's spreadsheet


def test_rolled_up_it_says_of_how_many(portfolio, tmp_path):
    call_command("export_telemetry", "Marin", "--granularity", "1h", "--output", str(tmp_path / "x.csv"))
    rows = list(csv.DictReader((tmp_path / "x.csv").read_text().splitlines()))
    assert sum(int(row["readings"]) for row in rows) == 3


def test_a_portfolio_that_is_not_there_is_said(portfolio):
    with pytest.raises(CommandError, match="no portfolio"):
        exported("Sonoma")
