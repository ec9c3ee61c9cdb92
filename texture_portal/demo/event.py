"""The demo's dispatch event: a simulated fleet is enrolled, called, watched and brought back; and what came of it."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet, Sum

from devices.kind import DeviceType
from devices.models import Command, Device
from examples.oem_client import Portal
from programs.dispatch import scheduling
from programs.dispatch.instructions import Curtail, Discharge, Instructions, PreCool
from programs.models import DispatchEvent, Program
from programs.models.dispatch_target import Outcome, Restore
from texture_portal import clock, jobs
from texture_portal.actors import staff
from texture_portal.demo import simulated
from texture_portal.demo.setting import ADMINISTRATOR, FLEET_PROGRAM
from texture_portal.demo.simulated import SimulatedCloud

LONGEST_WAIT = 180
TICK = 1.0
BEGINS_IN = timedelta(seconds=15)
ASKS: Instructions = {
    DeviceType.BATTERY: Discharge(0.5),
    DeviceType.THERMOSTAT: PreCool(0, 0, 4),
    DeviceType.INVERTER: Curtail(0.4),
}
POKED = ("polling", "connectivity", "dispatch", "commands", "command_calls")


class StuckError(Exception):
    """What was to come about did not, in a time that is long enough."""


def play(portal: Portal, cloud: SimulatedCloud, *, run: str, lasts: timedelta) -> Iterator[str]:
    """What happens, line by line; the last ones say what came of it. Raises `StuckError`."""
    fleet = simulated.taking_part(cloud)
    counts = simulated.enroll(portal, fleet, run=run, now=clock.now())
    yield f"{len(fleet)} devices of the simulated OEM enrolled by its API: {_counted(counts)}"
    simulated.connect(cloud, now=clock.now())
    names = [each["device_id"] for each in fleet]
    own = Device.objects.filter(manufacturer_device_id__in=names)
    _await(lambda: own.filter(may_control=True).count() >= 0.9 * sum(counts.get(s, 0) for s in ("enrolled", "active")),
           "the fleet's first readings")  # fmt: skip
    yield f"{own.filter(may_control=True).count()} tell of themselves and may be dispatched"
    event = yield from _called(lasts)
    yield from _told(event)


def _called(lasts: timedelta) -> Generator[str, None, DispatchEvent]:
    """It begins soon after its preview; where the machine takes longer for that, another is called with more time."""
    user = User.objects.get(username=ADMINISTRATOR)
    by = staff(user_id=user.pk, name=user.get_username())
    program = Program.objects.get(name=FLEET_PROGRAM)
    begins_in = BEGINS_IN
    while True:
        now = clock.now()
        wanted = scheduling.Wanted(
            f"Demo peak of {now:%H:%M}", now + begins_in, now + begins_in + lasts, ASKS, ramp=lasts / 6
        )
        event = scheduling.draft(program, wanted, reason="the demo shows an event", now=now, by=by)
        _await(partial(_is_previewed, event), "the preview")
        if clock.now() < event.starts_at - begins_in / 3:
            return scheduling.schedule(event, reason="as previewed", now=clock.now(), by=by)
        yield "the preview took so long that the event is called anew, with more time before it"
        scheduling.cancel(event, reason="its preview came late", now=clock.now(), by=by)
        begins_in *= 2


def _told(event: DispatchEvent) -> Iterator[str]:
    planned = event.targets.filter(outcome=Outcome.PLANNED).aggregate(devices=Count("pk"), kw=Sum("expected_kw"))
    yield f"the preview: {planned['devices']} devices would give {planned['kw'] or 0:,.0f} kW; left out: {_why(event)}"
    yield f"scheduled; it runs from {event.starts_at:%H:%M:%S} to {event.ends_at:%H:%M:%S} UTC"
    orders = Command.objects.filter(event_id=event.pk, restores=None)
    _await(lambda: clock.now() > event.starts_at, "the event's beginning", longest=event.starts_at - clock.now())
    _await(lambda: _all_answered(event, orders), "the acknowledgements")
    answered = orders.exclude(acknowledged_at=None)
    yield f"the simulated cloud answered {answered.count()} commands: {_counted(_answers(answered))}"
    _await(lambda: _again(event).closed_at is not None, "the end of the event")
    yield f"it is over: {_counted(Counter(event.targets.values_list('outcome', flat=True)))}"
    back = Counter(event.targets.exclude(asked_at=None).values_list("restore", flat=True))
    yield f"of those that were told, brought back: {_counted(back)}"


def _all_answered(event: DispatchEvent, orders: "QuerySet[Command]") -> bool:
    """Whether each device had its turn in the ramp, asked first, and then each order its answer."""
    if event.targets.filter(outcome=Outcome.PLANNED).exists():
        return False
    return not orders.filter(acknowledged_at=None).exclude(status__in=["rejected", "expired", "cancelled"]).exists()


def _answers(orders: "QuerySet[Command]") -> "Counter[str]":
    """It refuses what is too short for it, of batteries that are nearly down to their reserve."""
    refused = set(orders.filter(status="rejected").values_list("pk", flat=True))
    return Counter("refused" if pk in refused else "acknowledged" for pk in orders.values_list("pk", flat=True))


def deviations(event: DispatchEvent) -> list[str]:
    """What should have been otherwise."""
    targets, found = event.targets.all(), []
    if not targets.filter(outcome=Outcome.TOOK_PART).exists():
        found.append("nobody took part in the event")
    if targets.filter(settled_at=None).exists():
        found.append("what became of some devices is not known")
    if targets.filter(outcome=Outcome.TOOK_PART, restore=Restore.NOT_RESTORED).exists():
        found.append("devices that took part were not brought back")
    twice = Command.objects.filter(event_id=event.pk, restores=None).values("device").annotate(n=Count("pk"))
    if twice.filter(n__gt=1).exists():
        found.append("a device was told twice")
    return found


def latest() -> DispatchEvent:
    return DispatchEvent.objects.filter(program__name=FLEET_PROGRAM).latest("created_at")


def _why(event: DispatchEvent) -> str:
    return _counted(Counter(event.targets.exclude(reason="").values_list("reason", flat=True)))


def _counted(counts: "dict[str, int] | Counter[str]") -> str:
    return ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in sorted(counts.items())) or "nobody"


def _is_previewed(event: DispatchEvent) -> bool:
    return _again(event).previewed_at is not None


def _again(event: DispatchEvent) -> DispatchEvent:
    return DispatchEvent.objects.get(pk=event.pk)


def _await(happened: Callable[[], bool], what: str, *, longest: timedelta = timedelta()) -> None:
    """Workers look for rows once a minute by themselves; here they are woken each second, so that nobody waits.

    `longest` is what it takes where all is well; over that, any machine is given as long.
    """
    ends = time.monotonic() + LONGEST_WAIT + longest.total_seconds()
    while not happened():
        if time.monotonic() > ends:
            raise StuckError(f"waited too long for {what}")
        for kind in POKED:
            jobs.wake(kind)
        time.sleep(TICK)
