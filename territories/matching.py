"""Which utility serves a place, by the evidence: pure, and each source of evidence a small function.

`decide` is what a later, calibrated weighing replaces; its callers know only claims in and a `Match` out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

INVESTOR_OWNED = "investor_owned_utility"

Outcome = Literal["matched", "ambiguous", "no_match"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What the sources say of one utility (or CCA) at one place, known to within a disc.

    `contains`: its territory contains the disc's centre; `covers`: the whole disc; both false: it only touches it, or
    (where `touches` is false too) has no territory there and is known from a table alone.
    """

    utility_id: UUID
    name: str
    eia_id: str | None
    segment: str
    contains: bool = False
    covers: bool = False
    touches: bool = True
    in_zip_table: bool = False
    hinted: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """`score` is from 0 to 1, to two decimals."""

    utility_id: UUID
    name: str
    eia_id: str | None
    segment: str
    evidence: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Match:
    """`reason` is a sentence for a reviewer, empty where the match is clean. Candidates: the likeliest first."""

    outcome: Outcome
    utility_id: UUID | None
    cca_id: UUID | None
    candidates: tuple[Candidate, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One source: its name on the wire, what it says, and the weight of its word."""

    name: str
    speaks_for: Callable[[Claim], bool]
    weight: float


# A hint alone never decides: it weighs less than either of the sources that do.
EVIDENCE = (
    Evidence("boundary", lambda claim: claim.contains, 0.45),
    Evidence("whole_disc", lambda claim: claim.covers, 0.15),
    Evidence("zip_table", lambda claim: claim.in_zip_table, 0.3),
    Evidence("partner_hint", lambda claim: claim.hinted, 0.05),
)
BASE_SCORE = 0.02
# A single territory that covers the whole disc decides without other witnesses; alone it is worth this much.
LONE_COVER_SCORE = 0.8


def decide(claims: Sequence[Claim], overlays: Sequence[Claim] = (), *, accuracy_meters: float) -> Match:
    """`claims`: utilities whose wires may reach the place; `overlays`: CCAs whose territory touches the disc."""
    ranked = sorted(claims, key=lambda claim: (-score(claim), claim.name, claim.utility_id))
    candidates = tuple(map(_candidate, ranked))
    touching = [claim for claim in ranked if claim.touches]
    if not ranked:
        return Match("no_match", None, None, (), _nothing_within(accuracy_meters))
    if not touching:
        return Match("ambiguous", None, None, candidates, _only_in_table(ranked))
    chosen = _lone(touching) if len(touching) == 1 else _twice_witnessed(touching)
    if chosen is None:
        return Match("ambiguous", None, None, candidates, _why_ambiguous(touching, accuracy_meters))
    if len(touching) == 1:
        candidates = (_candidate(chosen, at_least=LONE_COVER_SCORE if chosen.covers else 0.0),)
    return Match("matched", chosen.utility_id, overlay(overlays, segment=chosen.segment), candidates)


def overlay(overlays: Sequence[Claim], *, segment: str) -> UUID | None:
    """The CCA that supplies there beyond doubt. A municipal utility's or cooperative's customers are in none."""
    if segment != INVESTOR_OWNED:
        return None
    containing = [claim for claim in overlays if claim.contains]
    if len(containing) == 1 and containing[0].covers:
        return containing[0].utility_id
    return None


def score(claim: Claim) -> float:
    return BASE_SCORE + sum([evidence.weight for evidence in EVIDENCE if evidence.speaks_for(claim)])


def _lone(touching: list[Claim]) -> Claim | None:
    """The only territory near: good where it covers the disc, or a second fact speaks for it."""
    (claim,) = touching
    return claim if claim.covers or claim.contains or claim.in_zip_table else None


def _twice_witnessed(touching: list[Claim]) -> Claim | None:
    """Of several: the one that contains the place and that the ZIP table names, and it names no other."""
    named = [claim for claim in touching if claim.in_zip_table]
    return named[0] if len(named) == 1 and named[0].contains else None


def _candidate(claim: Claim, *, at_least: float = 0.0) -> Candidate:
    return Candidate(
        claim.utility_id,
        claim.name,
        claim.eia_id,
        claim.segment,
        tuple([evidence.name for evidence in EVIDENCE if evidence.speaks_for(claim)]),
        round(max(at_least, score(claim)), 2),
    )


def _nothing_within(accuracy_meters: float) -> str:
    return f"No utility that serves homes has a territory within {_distance(accuracy_meters)} of this place."


def _only_in_table(ranked: list[Claim]) -> str:
    return f"No territory reaches this place, but the ZIP table names {_names(ranked)}."


def _why_ambiguous(touching: list[Claim], accuracy_meters: float) -> str:
    if len(touching) == 1:
        return (
            f"The place lies outside {touching[0].name}'s territory, within {_distance(accuracy_meters)} of its edge."
        )
    named = [claim for claim in touching if claim.in_zip_table]
    where = f"The territories of {_names(touching)} reach this place, known to within {_distance(accuracy_meters)}"
    if not named:
        return f"{where}, and the ZIP table names none of them."
    if len(named) > 1:
        return f"{where}, and the ZIP table names {_names(named)}."
    return f"{where}; the ZIP table names {named[0].name}, whose territory does not contain it."


def _names(claims: Sequence[Claim], *, most: int = 4) -> str:
    names = [claim.name for claim in claims]
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _distance(meters: float) -> str:
    return f"{meters:.0f} m" if meters < 1000 else f"{meters / 1000:.1f} km"
