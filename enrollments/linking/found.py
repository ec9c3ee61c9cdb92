"""What an end user's account lists at the maker's cloud, and what each of it is to us."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q

from devices.connectors.pull.finding import Found
from devices.kinds import DeviceType, takes_command
from devices.models import Cloud, Connection, Device
from enrollments.claims import DeviceClaim
from enrollments.duplicates import key_of
from enrollments.models import Enrollment, LinkSession
from programs.models import local_date


class Standing(StrEnum):
    NEW = "new"
    MERGE = "merge"  # its maker has enrolled it: the end user's consent is added
    AGAIN = "again"  # it was linked before, and its consent or its access has ended
    LINKED = "linked"
    ELSEWHERE = "elsewhere"
    NOT_ASKED = "not_asked"  # the partner asked for another device
    UNKNOWN_KIND = "unknown_kind"
    NOT_ALLOWED = "not_allowed"  # the partner does not enroll devices of this maker


CAN_BE_CHOSEN = (Standing.NEW, Standing.MERGE, Standing.AGAIN)


@dataclass(frozen=True, slots=True)
class Listed:
    """As it is kept between two pages. `commissioned`: as the cloud says it, or empty. `commands`: that its connector
    can send.
    """

    id: str
    type: str
    serial_number: str
    manufacturer: str
    model: str
    name: str
    commissioned: str
    has_telemetry: bool
    commands: Sequence[str] = ()
    ratings: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.name or " ".join(dict.fromkeys(f"{self.manufacturer} {self.model}".split()))

    def as_note(self) -> dict[str, Any]:
        return asdict(self)

    def as_claim(self, *, now: datetime) -> DeviceClaim:
        return DeviceClaim(
            manufacturer_device_id=self.id,
            serial_number=self.serial_number,
            manufacturer=self.manufacturer,
            model=self.model or self.type,
            type=self.type,
            commissioned_on=_day(self.commissioned) or local_date(now),
            controllable=bool(self.commands),
            telemetry=self.has_telemetry,
            commands=tuple(self.commands),
            ratings=dict(self.ratings),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    listed: Listed
    standing: Standing
    enrollment: Enrollment | None = None

    @property
    def can_be_chosen(self) -> bool:
        return self.standing in CAN_BE_CHOSEN


def listed(found: Found, *, cloud: Cloud, has_telemetry: bool, commands: Iterable[str]) -> Listed:
    """`commands`: all that the connector sends. A cloud of one maker need not say whose devices it lists, and one that
    tells no serial numbers has its ids.
    """
    makers = cloud.partner.manufacturers
    return Listed(
        id=found.id,
        type=str(found.type),
        serial_number=found.serial_number or found.id,
        manufacturer=found.manufacturer or (makers[0] if len(makers) == 1 else cloud.name),
        model=found.model,
        name=found.name,
        commissioned=found.commissioned,
        has_telemetry=has_telemetry,
        commands=[each for each in sorted(commands) if takes_command(found.type, each)],
        ratings=dict(found.ratings),
    )


def kept(session: LinkSession) -> list[Listed]:
    return [Listed(**each) for each in session.notes.get("found", [])]


def weigh(session: LinkSession, cloud: Cloud, devices: Sequence[Listed]) -> list[Seen]:
    """In their order."""
    keys = {each.id: key_of(manufacturer=each.manufacturer, serial_number=each.serial_number) for each in devices}
    own = Q(partner=cloud.partner_id, manufacturer_device_id__in=list(keys))
    known = list(Device.objects.filter(own | Q(serial_key__in=list(keys.values()))).select_related("connection"))
    open_ones = Enrollment.objects.open().filter(device__in=known).select_related("device__connection", "site")
    by_device = {each.device_id: each for each in open_ones.prefetch_related("consents")}
    return [_weigh(session, cloud, each, keys[each.id], known, by_device) for each in devices]


def dead_end(devices: Sequence[Seen]) -> str:
    """Why none of them can be chosen, as one of `endings.ENDINGS`; nothing where one can."""
    standings = {each.standing for each in devices}
    if standings & set(CAN_BE_CHOSEN):
        return ""
    causes = {
        Standing.LINKED: "already_linked",
        Standing.ELSEWHERE: "elsewhere",
        Standing.NOT_ALLOWED: "ineligible",
        Standing.UNKNOWN_KIND: "ineligible",
        Standing.NOT_ASKED: "not_the_device",
    }
    return next((code for standing, code in causes.items() if standing in standings), "no_devices")


def _weigh(
    session: LinkSession, cloud: Cloud, device: Listed, key: str, known: list[Device], open_ones: dict[Any, Enrollment]
) -> Seen:
    same_id = [
        each for each in known if each.partner_id == cloud.partner_id and each.manufacturer_device_id == device.id
    ]
    same_serial = [each for each in known if each.serial_key == key]
    enrollment = next((open_ones[each.pk] for each in [*same_id, *same_serial] if each.pk in open_ones), None)
    if enrollment is not None and enrollment.partner_id != cloud.partner_id:
        return Seen(device, Standing.ELSEWHERE)
    if not _is_asked(session, device, enrollment):
        return Seen(device, Standing.NOT_ASKED)
    if enrollment is None:
        return Seen(device, _of_new(cloud, device))
    return Seen(device, _of_enrolled(enrollment), enrollment)


def _of_new(cloud: Cloud, device: Listed) -> Standing:
    if device.type == DeviceType.OTHER:
        return Standing.UNKNOWN_KIND
    return Standing.NEW if cloud.partner.may_enroll(device.manufacturer) else Standing.NOT_ALLOWED


def _of_enrolled(enrollment: Enrollment) -> Standing:
    if enrollment.method == Enrollment.Method.OEM:
        return Standing.MERGE
    connection = enrollment.device.connection
    is_reached = connection is not None and connection.status == Connection.Status.ACTIVE
    return Standing.LINKED if is_reached and enrollment.standing().is_valid else Standing.AGAIN


def _is_asked(session: LinkSession, device: Listed, enrollment: Enrollment | None) -> bool:
    """A partner's session is for one device and no other."""
    if session.enrollment_id is not None:
        return enrollment is not None and enrollment.pk == session.enrollment_id
    return session.manufacturer_device_id in ("", device.id)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
