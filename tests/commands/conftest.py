"""Devices that may be commanded, with a fresh state."""

from datetime import timedelta

import pytest
from django.db import transaction

from devices.commands.issuing import DispatchClearance, Order, issue
from devices.models import Command, Device, Portfolio
from devices.telemetry.taking import Observed, take
from tests.factories import CustomerFactory, DeviceFactory, PartnerFactory, SiteFactory
from texture_portal import actors, clock

BY = actors.system("tests", channel=actors.Channel.COMMAND)
RATINGS = {"energyCapacityWh": 13500, "maxChargePowerW": 5000, "maxDischargePowerW": 5000}
SLUGS = ["battery:set-power", "battery:set-reserve", "battery:set-operating-mode"]
STATE = {"chargePercentage": 70, "backupReserve": 20, "chargeRate": 0}
PROGRAM = DispatchClearance("demand_response")
DISCHARGE = {"power": 3000, "durationSeconds": 3600}
BACK = {"command": "battery:set-operating-mode", "input": {"operatingMode": "reset"}}


def cleared(device: Device, *, may_control: bool = True, types=("demand_response",)) -> Device:
    """As the lifecycle writes it down, where a customer's device is active."""
    device.may_read, device.may_control, device.cleared_types = device.telemetry, may_control, list(types)
    device.save()
    return device


def batteries(count: int, *, partner=None, state=STATE, now=None, **options) -> list[Device]:
    partner = partner or PartnerFactory()
    customer = CustomerFactory(partner=partner)
    site = SiteFactory(customer_id=customer.pk)
    options = {"commands": SLUGS, "ratings": RATINGS, **options}
    made = [cleared(DeviceFactory(partner=partner, customer=customer, site=site, **options)) for _ in range(count)]
    tell(made, state, now=now or clock.now())
    return made


def tell(devices, state, *, now) -> None:
    """Each has this state now."""
    if state is not None:
        observed = [Observed(each.manufacturer_device_id, now, state) for each in devices]
        take(devices[0].partner, observed, now=now)


def order(device, *, command="battery:set-power", input=DISCHARGE, now=None, lasts=None, **options) -> Order:
    now = now or clock.now()
    options = {"expires_at": now + timedelta(minutes=15), "clearance": PROGRAM, **options}
    if lasts is not None:
        options["ends_at"] = (options.get("starts_at") or now) + lasts
    return Order(device=device, command=command, input=input, **options)


def issued(*orders: Order, now=None, by=BY):
    with transaction.atomic():
        return issue(orders, now=now or clock.now(), by=by)


def at_rest(*devices: Device) -> None:
    """A portfolio that they are in is suspended from now on; nothing has been cancelled."""
    portfolio = Portfolio.objects.create(name="At rest", kind="other", suspended_at=clock.now())
    portfolio.devices.add(*devices, through_defaults={"added_at": clock.now()})


def again(command: Command) -> Command:
    return Command.objects.get(pk=command.pk)


@pytest.fixture
def battery(db):
    return batteries(1)[0]
