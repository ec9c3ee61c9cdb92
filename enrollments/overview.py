"""An enrollment with all that is shown of it, and asked of it next."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from enrollments import consent
from enrollments.consent import Grant, Standing
from enrollments.models import Consent, Enrollment, ReviewCase
from enrollments.states import State
from programs.models import Participation, Program

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Overview:
    """`case` is the open review case that is due first; `asked` are those that wait for the partner."""

    enrollment: Enrollment
    standing: Standing
    programs: tuple[Program, ...]
    case: ReviewCase | None
    asked: tuple[ReviewCase, ...] = ()


def overview(enrollment: Enrollment) -> Overview:
    """Of one, as of many. Give it one from `Enrollment.objects.shown()`."""
    return overviews([enrollment])[0]


def overviews(enrollments: Sequence[Enrollment]) -> list[Overview]:
    """What is around them is read for all of them at once, in four queries at most, and only what is shown of it.

    A device's live participations are its open enrollment's: a revoked one has left them all.
    """
    grants, cases = _grants(enrollments), _open_cases(enrollments)
    programs = _programs([each for each in enrollments if each.state != State.REVOKED])
    return [
        Overview(
            each,
            consent.standing(grants[each.pk], revoked_at=each.consent_revoked_at),
            tuple(programs[each.device_id]) if each.state != State.REVOKED else (),
            min(cases[each.pk], key=lambda case: case.due_at, default=None),
            tuple(case for case in cases[each.pk] if case.waits_for_partner),
        )
        for each in enrollments
    ]


def _grants(enrollments: Sequence[Enrollment]) -> dict[UUID, list[Grant]]:
    by_id = {each.pk: each for each in enrollments}
    rows = Consent.objects.filter(enrollment__in=by_id).order_by("granted_at")
    return _grouped(
        (enrollment_id, by_id[enrollment_id].grant(path, granted_at, program_types))
        for enrollment_id, path, granted_at, program_types in rows.values_list(
            "enrollment_id", "path", "granted_at", "program_types"
        )
    )


def _open_cases(enrollments: Sequence[Enrollment]) -> dict[UUID, list[ReviewCase]]:
    rows = ReviewCase.objects.filter(enrollment__in=[each.pk for each in enrollments], decided_at=None)
    return _grouped((case.enrollment_id, case) for case in rows)


def _programs(enrollments: Sequence[Enrollment]) -> dict[UUID, list[Program]]:
    live = list(
        Participation.objects.live()
        .filter(device__in=[each.device_id for each in enrollments])
        .values_list("device_id", "program_id")
    )
    programs = Program.objects.in_bulk({program_id for _, program_id in live}) if live else {}
    return _grouped((device_id, programs[program_id]) for device_id, program_id in live)


def _grouped(pairs: Iterable[tuple[UUID, Item]]) -> dict[UUID, list[Item]]:
    groups: dict[UUID, list[Item]] = defaultdict(list)
    for key, item in pairs:
        groups[key].append(item)
    return groups
