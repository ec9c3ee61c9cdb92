"""Where the drive gets commands from, and what it brings goes: attempts, steps and reports, written by the batch."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from devices.commands import keeping, progress
from devices.commands.progress import Report
from devices.commands.sending.pulling import claiming, stepping
from devices.commands.sending.pulling.claiming import BY
from devices.commands.sending.pulling.trips import CommandTrip
from devices.connectors.pull.faults import DocumentError, Fault
from devices.models import Cloud
from devices.polling.call_log import CallLog
from devices.polling.trips import Trip, Workshop

FULL = 200
SETTLE_ATTEMPTS = """
UPDATE devices_commandattempt attempt
SET outcome = result.outcome, status = result.status, answer = result.answer
FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::int[], %s::text[])
    AS result (command, number, outcome, status, answer)
WHERE attempt.command_id = result.command AND attempt.number = result.number
"""


@dataclass(frozen=True, slots=True)
class Home:
    """A trip that is home. `wait`: the cloud, its limits or its key had it go no further."""

    trip: CommandTrip
    outcome: str
    wait: timedelta | None
    fault: Fault | None


@dataclass(slots=True)
class CommandDesk:
    workshop: Workshop
    calls: CallLog
    category: str = "control"
    homes: list[Home] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.homes) >= FULL

    def clouds(self, *, now: datetime) -> list[Cloud]:
        return claiming.clouds_with_something_due(now=now)

    def trips(self, cloud: Cloud, *, most: int, now: datetime) -> Iterable[Trip]:
        document = self.workshop.document(cloud)
        for claimed in claiming.claim(cloud, most=most, now=now):
            through = claimed.command.device.connection
            if through is None:
                raise LookupError(f"command {claimed.command.pk} goes through no connection")
            device = claimed.command.device
            trip = CommandTrip(
                cloud=cloud, connection=through, claimed=claimed,
                maker_of={device.manufacturer_device_id: device.manufacturer},
            )  # fmt: skip
            if isinstance(document, DocumentError):
                trip.fault = document.faults[0]
            else:
                trip.document = document
                trip.prepare(document)
            yield trip

    def add(
        self, trip: Trip, outcome: str, *, faults: list[Fault], wait: timedelta | None, brought: bool, now: datetime
    ) -> None:
        if not isinstance(trip, CommandTrip):
            raise TypeError(f"{trip.title} is no command")
        self.homes.append(Home(trip, outcome, wait, faults[0] if faults else None))

    @transaction.atomic
    def flush(self, *, now: datetime) -> None:
        homes, self.homes = self.homes, []
        if not homes:
            return
        self._settle_attempts(homes)
        held = {each.pk: each for each in keeping.locked(home.trip.work.command.pk for home in homes)}
        present = [home for home in homes if held[home.trip.work.command.pk].claims == home.trip.work.number]
        for home in present:
            stepping.settle(home, held[home.trip.work.command.pk], now=now)
        reports = [report for home in homes if (report := _report(home))]
        moved = progress.apply(reports, held, now=now, by=BY)
        keeping.write([held[pk] for home in present if (pk := home.trip.work.command.pk) not in moved])

    def _settle_attempts(self, homes: list[Home]) -> None:
        rows = [
            (
                home.trip.work.command.pk,
                home.trip.work.number,
                home.outcome[:60],
                home.trip.http_status,
                home.trip.answer,
            )
            for home in homes
        ]
        with connection.cursor() as cursor:
            cursor.execute(SETTLE_ATTEMPTS, [list(column) for column in zip(*rows, strict=True)])


def _report(home: Home) -> Report | None:
    """What the cloud told, whichever claim asked. Pending there is accepted here: the cloud has it."""
    trip = home.trip
    if trip.status is None:
        return None
    source = progress.Source.ANSWER if trip.work.step == "send" else progress.Source.ASKED
    return Report(trip.work.command.pk, trip.status, source, said=trip.said)
