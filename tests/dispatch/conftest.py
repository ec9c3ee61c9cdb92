"""A program's fleet whose devices may be dispatched and tell of themselves; and what the other side answers."""

from datetime import timedelta

from devices.commands import progress
from devices.commands.states import Status
from devices.kind import DeviceType
from devices.models import Command, CommandReport
from devices.telemetry.taking import Observed, take
from programs import participation
from programs.dispatch import scheduling, work
from programs.dispatch.instructions import Curtail, Discharge, PreCool, StopCharging
from programs.dispatch.scheduling import Audience, Wanted
from tests.factories import CustomerFactory, DeviceFactory, PartnerFactory, ProgramFactory, SiteFactory
from texture_portal import actors, clock

BY = actors.system("tests", channel=actors.Channel.COMMAND)
COMMANDS = {
    "battery": ["battery:set-power", "battery:set-operating-mode"],
    "thermostat": ["thermostat:set-schedule-override", "thermostat:set-operating-mode"],
    "charger": ["charger:set-operating-mode"],
    "inverter": ["inverter:curtail"],
}
RATINGS = {"battery": {"energyCapacityWh": 13500, "maxChargePowerW": 5000, "maxDischargePowerW": 5000}}
STATES = {
    "battery": {"chargePercentage": 90, "backupReserve": 20, "chargeRate": 0},
    "thermostat": {"operatingMode": "cool", "coolTarget": 74, "ambientTemperature": 74},
    "charger": {"chargingState": "charging", "isPluggedIn": True, "chargerWattage": 7200},
    "inverter": {"power": 4000},
}
EVERYTHING = {
    DeviceType.BATTERY: Discharge(0.5),
    DeviceType.THERMOSTAT: PreCool(5, 3, 4),
    DeviceType.CHARGER: StopCharging(),
    DeviceType.INVERTER: Curtail(0.5),
}
PLACE = {
    "latitude": 38.0, "longitude": -122.5, "accuracy_meters": 10, "timezone": "America/Los_Angeles",
    "postal_code": "94903",
}  # fmt: skip


def a_program(**changes):
    return ProgramFactory(**{"device_types": list(COMMANDS)} | changes)


def fleet(program, count=1, *, kind="battery", partner=None, state=None, place=None, tells=True, now=None, **changes):
    partner = partner or PartnerFactory()
    customer = CustomerFactory(partner=partner)
    site = SiteFactory(customer_id=customer.pk, utility=program.owner, **PLACE | (place or {}))
    made = [
        DeviceFactory(
            partner=partner, customer=customer, site=site, type=kind,
            **{"commands": COMMANDS[kind], "ratings": RATINGS.get(kind, {})} | changes,
        )
        for _ in range(count)
    ]  # fmt: skip
    now = now or clock.now()
    for device in made:
        participation.join(device, program, now=now).save()
    if tells:
        tell(made, STATES[kind] if state is None else state, now=now)
    return made


def tell(devices, state, *, now):
    observed = [Observed(each.manufacturer_device_id, now, state) for each in devices]
    take(devices[0].partner, observed, now=now)


def wanted(*, now=None, after=timedelta(minutes=8), lasts=timedelta(hours=2), audience=None, **changes):
    start = (now or clock.now()) + after
    given = {"name": "Heat wave", "instructions": EVERYTHING, "audience": audience or Audience()} | changes
    return Wanted(starts_at=start, ends_at=start + lasts, **given)


def drafted(program, *, now=None, **changes):
    """And previewed."""
    now = now or clock.now()
    event = scheduling.draft(program, wanted(now=now, **changes), reason="A hot day.", now=now, by=BY)
    work_off(now)
    return again(event)


def scheduled(program, *, now=None, **changes):
    now = now or clock.now()
    event = drafted(program, now=now, **changes)
    return scheduling.schedule(event, reason="The grid operator asked.", now=now, by=BY)


def running(program, *, now=None, **changes):
    """Every device was told, and did as told."""
    event = scheduled(program, now=now, **changes)
    for instant in (again(event).begins_at, event.starts_at):
        work_off(instant)
        answer(event, Status.COMPLETE, now=instant)
    return again(event)


def work_off(now):
    """As a worker drains the rows."""
    while work.work_off(now=now):
        pass


def again(row):
    return type(row).objects.get(pk=row.pk)


def answer(event, status, *, now, restores=False, devices=None, said=None):
    """The other side tells of every command of the event that is out."""
    due = {"due_at__lte": now} if restores else {"starts_at__lte": now}
    rows = Command.objects.filter(event_id=event.pk, restores__isnull=not restores, finished_at=None, **due)
    if devices is not None:
        rows = rows.filter(device__in=devices)
    source = CommandReport.Source.API
    reports = [progress.Report(pk, status, source, said=said) for pk in rows.values_list("pk", flat=True)]
    progress.record(reports, now=now, by=BY)
    return len(reports)


def outcomes(event):
    return {target.device_id: target.outcome for target in event.targets.all()}


def targets(event):
    return {target.device_id: target for target in event.targets.all()}


def restores(event):
    return Command.objects.filter(event_id=event.pk, restores__isnull=False)


def orders(event):
    return Command.objects.filter(event_id=event.pk, restores=None)
