"""Which programs an enrollment's device joins and leaves, as its facts stand (§11.3, step 4)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from enrollments.consent import Standing
from enrollments.models import Enrollment
from enrollments.models.enrollment import TERRITORY_KNOWN
from programs.eligibility import Against, Applicant, device_reasons, reasons_against, usable
from programs.models import Participation, Program, local_date
from programs.participation import join, leave
from texture_portal import prepared

_read_once: ContextVar[dict[tuple[Any, ...], list[Program]] | None] = ContextVar("programs_read_once", default=None)


@dataclass(frozen=True, slots=True)
class Placement:
    """`fits`: some program in force takes the device at all. `account_wanted`: one would, were the account verified.

    `joined` are those of the participations that are yet to be written.
    """

    fits: bool
    participations: tuple[Participation, ...]
    account_wanted: bool = False
    joined: tuple[Participation, ...] = ()


def place(enrollment: Enrollment, *, standing: Standing, now: datetime) -> Placement:
    """Leaves what no longer fits and joins what does; what wants a verified account is joined once there is one.

    The account is `account_wanted` only where nothing else is to be had: what the facts are decides, not which came
    first.
    """
    programs = _programs_here(enrollment, now=now)
    kept = _leave_what_no_longer_fits(enrollment, standing=standing, now=now)
    device = _applicant(enrollment)
    fits = any(not device_reasons(program.terms(has_room=True), device) for program in programs)
    if not _may_participate(enrollment, standing):
        return Placement(fits, tuple(kept))
    present = {participation.program_id for participation in kept}
    left = [
        program
        for program in programs
        if program.pk not in present and not program.finds_too_old(standing.granted_at, now=now)
    ]
    joined = _join(enrollment, left, kept, standing=standing, now=now)
    wanted = not kept and not joined and _account_is_wanted(enrollment, left, standing)
    return Placement(fits, (*kept, *joined), account_wanted=wanted, joined=joined)


def _join(
    enrollment: Enrollment,
    programs: Sequence[Program],
    kept: Sequence[Participation],
    *,
    standing: Standing,
    now: datetime,
) -> tuple[Participation, ...]:
    joined: list[Participation] = []
    for program in programs:
        applicant = _applicant(enrollment, scope=standing.program_types, participations=[*kept, *joined])
        if not reasons_against(program.terms(), applicant) and (new := join(enrollment.device, program, now=now)):
            joined.append(new)
    return tuple(joined)


def leave_all(enrollment: Enrollment, *, reason: str, now: datetime) -> None:
    leave(_live(enrollment), reason=reason, now=now)


def _programs_here(enrollment: Enrollment, *, now: datetime) -> list[Program]:
    if enrollment.match_outcome not in TERRITORY_KNOWN:
        return []
    site = enrollment.site
    asked = (local_date(now), site.utility_id, site.cca_id)
    read = _read_once.get()
    if read is None:
        return _read(*asked)
    if asked not in read:
        read[asked] = _read(*asked)
    return read[asked]


@contextmanager
def programs_read_once() -> Iterator[None]:
    """Within it, the programs of an owner are read once: for many enrollments in one transaction."""
    token = _read_once.set({})
    try:
        yield
    finally:
        _read_once.reset(token)


def _read(today: date, *owner_ids: UUID | None) -> list[Program]:
    statement, parameters = _question(today, *owner_ids)
    return [prepared.instance(Program, row) for row in prepared.rows(statement, parameters)]


@lru_cache(maxsize=1024)
def _question(today: date, *owner_ids: UUID | None) -> tuple[str, tuple[Any, ...]]:
    """Asked for every enrollment, and the same all day long: put together once."""
    programs = Program.objects.in_force_on(today).owned_by(*owner_ids).order_by("created_at", "id")
    statement, parameters = programs.query.sql_with_params()
    return statement, tuple(parameters)


def _leave_what_no_longer_fits(enrollment: Enrollment, *, standing: Standing, now: datetime) -> list[Participation]:
    kept = []
    for participation in _live(enrollment):
        reason = _reason_to_leave(participation.program, enrollment, standing=standing, now=now)
        if reason:
            leave([participation], reason=reason, now=now)
        else:
            kept.append(participation)
    return kept


def _reason_to_leave(program: Program, enrollment: Enrollment, *, standing: Standing, now: datetime) -> str:
    if not standing.is_valid:
        return f"consent_{standing.status}"
    if enrollment.ownership_reported_at is not None:
        return "ownership_transferred"
    if enrollment.match_outcome not in TERRITORY_KNOWN:
        return "territory_unknown"
    if program.owner_id not in (enrollment.site.utility_id, enrollment.site.cca_id):
        return "territory_changed"
    if program.is_over(now=now):
        return "program_ended"
    against = reasons_against(program.terms(has_room=True), _applicant(enrollment, scope=standing.program_types))
    return against[0] if against else ""


def _may_participate(enrollment: Enrollment, standing: Standing) -> bool:
    return standing.is_valid and enrollment.ownership_reported_at is None


def _account_is_wanted(enrollment: Enrollment, programs: Sequence[Program], standing: Standing) -> bool:
    applicant = _applicant(enrollment, scope=standing.program_types)
    return any(reasons_against(program.terms(), applicant) == (Against.ACCOUNT,) for program in programs)


def _applicant(
    enrollment: Enrollment, *, scope: Sequence[str] | None = None, participations: Sequence[Participation] = ()
) -> Applicant:
    device = enrollment.device
    return Applicant(
        device_type=device.type,
        commands=usable(device.commands, controllable=device.controllable),
        scope=None if scope is None else frozenset(scope),
        choice=frozenset(str(program_id) for program_id in enrollment.program_choice),
        left=frozenset(str(program_id) for program_id in enrollment.programs_left),
        account_verified=enrollment.account_verified_at is not None,
        groups_taken=frozenset(each.exclusive_group for each in participations if each.exclusive_group),
    )


def _live(enrollment: Enrollment) -> list[Participation]:
    if enrollment._state.adding:
        return []
    return list(Participation.objects.live().filter(device=enrollment.device_id).select_related("program"))
