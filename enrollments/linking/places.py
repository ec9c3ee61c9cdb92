"""Where the devices are, and what is on offer there: the outcome of matching (§11.3) as the end user meets it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from enrollments.claims import SiteClaim
from enrollments.linking.found import Seen
from enrollments.matching import Finding, find
from enrollments.models import LinkSession
from enrollments.models.enrollment import TERRITORY_KNOWN, MatchOutcome
from programs.eligibility import Against, Applicant, reasons_against
from programs.models import Participation, Program, ProgramType
from territories.addresses import Address
from territories.models import Utility

UNDECIDED = (MatchOutcome.AMBIGUOUS, MatchOutcome.DEFERRED)


@dataclass(frozen=True, slots=True)
class Place:
    """`owners` may offer programs there: utility and CCA where they are known, or all between whom it is open."""

    outcome: str
    owners: tuple[str, ...] = ()

    @property
    def is_undecided(self) -> bool:
        return self.outcome in UNDECIDED

    @property
    def is_deferred(self) -> bool:
        return self.outcome == MatchOutcome.DEFERRED


@dataclass(frozen=True, slots=True)
class Offer:
    """A program, and which of the chosen devices may join it. `is_joined`: one of them is in it already."""

    program: Program
    devices: tuple[str, ...]
    is_joined: bool = False
    wants_account: bool = False


def look_up(address: Address) -> Finding:
    """Asks geocoders; never in a transaction. `finding.refusal` says what is wrong with the address, if anything."""
    return find(SiteClaim(address), pointer="/address")


def place_of(finding: Finding) -> Place:
    match = finding.match
    if match is None:
        return Place(finding.outcome)
    if match.utility_id is not None:
        owners = [match.utility_id, *([match.cca_id] if match.cca_id else [])]
    else:
        owners = [each.utility_id for each in match.candidates]
    return Place(finding.outcome, tuple(map(str, owners)))


def place_on_record(seen: Seen) -> Place | None:
    """Of a device that is enrolled already: what is known of its site."""
    enrollment = seen.enrollment
    if enrollment is None or enrollment.match_outcome not in TERRITORY_KNOWN:
        return None
    owners = filter(None, (enrollment.site.utility_id, enrollment.site.cca_id))
    return Place(MatchOutcome.MATCHED, tuple(map(str, owners)))


def differs(seen: Sequence[Seen], address: Address) -> bool:
    """Whether a chosen device is enrolled at another address than this."""
    return any(each.enrollment is not None and each.enrollment.site.address_key != address.key for each in seen)


def noted_address(session: LinkSession) -> Address | None:
    noted = session.notes.get("address")
    return Address(**noted) if noted else None


def as_note(address: Address) -> dict[str, str]:
    return asdict(address)


def noted_place(session: LinkSession) -> Place | None:
    noted = session.notes.get("place")
    return Place(noted["outcome"], tuple(noted["owners"])) if noted else None


def offers(place: Place, chosen: Sequence[Seen], *, now: datetime) -> list[Offer]:
    """Programs in force there that take one of the devices and have room, or have it already."""
    if place.is_undecided:
        return []
    programs = Program.objects.in_force(now=now).owned_by(*map(UUID, place.owners)).select_related("owner")
    found = [_offer(program, chosen) for program in programs.order_by("name", "pk")]
    return [each for each in found if each is not None]


def kinds_offered(place: Place, chosen: Sequence[Seen], *, now: datetime) -> list[str]:
    """Where it is open who serves the address: the kinds of programs that may be meant, for the consent's scope."""
    programs = Program.objects.in_force(now=now)
    if place.owners:
        programs = programs.owned_by(*map(UUID, place.owners))
    kinds = {each.listed.type for each in chosen}
    types = {program.type for program in programs if kinds & set(program.device_types)}
    return [each for each in ProgramType.values if each in types]


def utility_names(place: Place) -> list[str]:
    return list(Utility.objects.filter(pk__in=place.owners).order_by("name").values_list("name", flat=True))


def _offer(program: Program, chosen: Sequence[Seen]) -> Offer | None:
    joined = {each.listed.id for each in chosen if _is_in(program, each)}
    terms = program.terms()
    against = {each.listed.id: set(reasons_against(terms, _applicant(each))) for each in chosen}
    open_to = {name for name, reasons in against.items() if reasons <= {Against.ACCOUNT}} | joined
    if not open_to:
        return None
    wants = any(Against.ACCOUNT in against[name] for name in open_to - joined)
    devices = tuple(each.listed.title for each in chosen if each.listed.id in open_to)
    return Offer(program, devices, bool(joined), wants)


def _applicant(seen: Seen) -> Applicant:
    enrollment = seen.enrollment
    if enrollment is None:
        return Applicant(seen.listed.type, frozenset(seen.listed.commands))
    device = enrollment.device
    commands = frozenset(device.commands) if device.controllable else frozenset()
    return Applicant(device.type, commands, account_verified=enrollment.account_verified_at is not None)


def _is_in(program: Program, seen: Seen) -> bool:
    if seen.enrollment is None:
        return False
    return Participation.objects.live().filter(device=seen.enrollment.device_id, program=program).exists()
