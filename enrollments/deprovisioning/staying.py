"""Who does not go along to another partner, and why: asked of all before the yes, and of each when it is their turn."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from django.db.models import QuerySet

from devices.models import Device
from enrollments.models import DeletionRequest, Enrollment
from partners.models import Partner

AT_ONCE = 1_000
MOST_NAMED = 20
MOST_LOOKED_AT = 20_000  # while somebody waits for the page


class Why(StrEnum):
    WANTS_DELETION = "the customer asked for their data to be deleted"
    NO_CONSENT = "no consent is in force"
    MAKER = "the successor may not enroll devices of this manufacturer"
    KNOWN_THERE = "the successor has a device of this id already"


@dataclass(frozen=True, slots=True)
class Staying:
    """`counts` by reason, among so many that were `looked_at`; `named` are the first of them."""

    counts: dict[Why, int]
    named: list[tuple[Enrollment, Why]]
    looked_at: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def foreseen(rows: "QuerySet[Enrollment]", successor: Partner) -> Staying:
    """Of these open enrollments, or the first of very many; a page at a time."""
    counts: Counter[Why] = Counter()
    named: list[tuple[Enrollment, Why]] = []
    looked_at = 0
    for page in islice(_pages(rows), MOST_LOOKED_AT // AT_ONCE):
        looked_at += len(page)
        for enrollment, why in of(page, successor).items():
            counts[why] += 1
            if len(named) < MOST_NAMED:
                named.append((enrollment, why))
    return Staying({why: counts[why] for why in Why if counts[why]}, named, looked_at)


def of(enrollments: Sequence[Enrollment], successor: Partner) -> dict[Enrollment, Why]:
    """Those of them that stay behind."""
    customers = {each.customer_id for each in enrollments}
    leaving = DeletionRequest.objects.filter(customer__in=customers, done_at=None, refused_at=None)
    wants_out = set(leaving.values_list("customer", flat=True))
    ids = {each.device.manufacturer_device_id for each in enrollments}
    theirs = Device.objects.filter(partner=successor, manufacturer_device_id__in=ids)
    known = set(theirs.values_list("manufacturer_device_id", flat=True))

    def why(enrollment: Enrollment) -> Why | None:
        if enrollment.customer_id in wants_out:
            return Why.WANTS_DELETION
        if not enrollment.standing().is_valid:
            return Why.NO_CONSENT
        if not successor.may_enroll(enrollment.device.manufacturer):
            return Why.MAKER
        return Why.KNOWN_THERE if enrollment.device.manufacturer_device_id in known else None

    return {each: found for each in enrollments if (found := why(each)) is not None}


def _pages(rows: "QuerySet[Enrollment]") -> Iterator[list[Enrollment]]:
    shown = rows.select_related("device", "customer").prefetch_related("consents").order_by("pk")
    page = list(shown[:AT_ONCE])
    while page:
        yield page
        page = list(shown.filter(pk__gt=page[-1].pk)[:AT_ONCE])
