"""What the end user chooses on the way, noted in their visit until they agree."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from enrollments.linking import sessions
from enrollments.linking.completing import chosen_of
from enrollments.linking.found import Seen
from enrollments.linking.granting import StepFailedError
from enrollments.linking.places import (
    Offer,
    Place,
    as_note,
    differs,
    kinds_offered,
    offers,
    place_of,
    place_on_record,
)
from enrollments.matching import Finding
from enrollments.models import LinkSession
from territories.addresses import Address

MOST_TRIES = 3  # for the address of a device that its maker has enrolled


@transaction.atomic
def note_devices(session: LinkSession, chosen: Sequence[str]) -> None:
    """What was chosen for other devices counts no more."""
    row = sessions.hold(session)
    row.note(chosen=list(chosen), place=None, programs=[], types=[])
    row.save()


@transaction.atomic
def note_address(session: LinkSession, address: Address, *, finding: Finding, now: datetime) -> str:
    """What is wrong with it, in words, or nothing. Raises `StepFailedError` where the way ends here."""
    row = sessions.hold(session)
    chosen = chosen_of(row)
    if differs(chosen, address):
        return _of_another_address(row)
    if finding.outcome == "invalid_location":
        return _not_located(finding)
    if finding.outcome == "no_match":
        raise StepFailedError("no_match")
    place = next(filter(None, map(place_on_record, chosen)), None) or place_of(finding)
    if not (offers(place, chosen, now=now) or kinds(place, chosen, now=now)):
        raise StepFailedError("ineligible")
    row.note(
        address=as_note(address), place={"outcome": place.outcome, "owners": list(place.owners)}, programs=[], types=[]
    )
    row.save()
    return ""


@transaction.atomic
def note_programs(
    session: LinkSession, wanted: Collection[str], *, offered: Sequence[Offer], kinds: Sequence[str]
) -> bool:
    """False where nothing of what is on offer was chosen."""
    programs = [each.program for each in offered if str(each.program.pk) in wanted]
    types = sorted({program.type for program in programs} | (set(wanted) & set(kinds)))
    if not types:
        return False
    row = sessions.hold(session)
    row.note(programs=[str(program.pk) for program in programs], types=types)
    row.save()
    return True


def kinds(place: Place, chosen: Sequence[Seen], *, now: datetime) -> list[str]:
    """The kinds of programs to agree to where none can be named yet: it is open who serves the address, or the maker
    has enrolled the device already and it waits for a program.
    """
    if place.is_undecided or all(each.enrollment is not None for each in chosen):
        return kinds_offered(place if place.is_undecided else Place(place.outcome), chosen, now=now)
    return []


def _of_another_address(row: LinkSession) -> str:
    """The maker's address is not shown: who knows it may go on, and who guesses may not for long."""
    tries = row.notes.get("tries", 0) + 1
    if tries >= MOST_TRIES:
        raise StepFailedError("address_differs_from_enrollment")
    row.note(tries=tries)
    row.save()
    return _("This is not the address at which the maker enrolled the device. Check it, and try again.")


def _not_located(finding: Finding) -> str:
    suggestions = finding.refusal.faults[0].suggestions if finding.refusal and finding.refusal.faults else ()
    text = _("We cannot find this address. Check the street, the city and the ZIP code.")
    return f"{text} {_('Did you mean: %(these)s?') % {'these': '; '.join(suggestions)}}" if suggestions else text
