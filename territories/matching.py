"""Which utility serves a place, by the evidence: pure. What the sources say goes in, a `Match` comes out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from uuid import UUID

from territories.evidence.base import Inside, Statement, Supplier, distance
from territories.weights import weight

INVESTOR_OWNED = "investor_owned_utility"
NOBODY_KNOWN, NOBODY_MAPPED = math.exp(weight("nobody_known")), math.exp(weight("nobody_mapped"))
LEAST_SCORE = 0.1  # of the likeliest candidate: else the place is nobody's
SHOWN_SCORE = 0.005  # a candidate that would round to 0 is not worth a reviewer's glance
MOST_SHOWN = 8

Outcome = Literal["matched", "ambiguous", "no_match"]


class Rule(NamedTuple):
    """A candidate is matched whose score is at least `threshold`, and ahead of the next by at least `margin`."""

    threshold: float = 0.75
    margin: float = 0.5


class Heard(NamedTuple):
    """A candidate, and all that was said of it."""

    supplier: Supplier
    testimony: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """`score`: how likely it is this one, of all candidates and of none. `evidence`: the sources that speak for it."""

    utility_id: UUID
    name: str
    eia_id: str | None
    segment: str
    evidence: tuple[str, ...]
    score: float
    testimony: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlay:
    """Which community choice aggregator supplies there, decided apart from the wires."""

    outcome: Outcome = "no_match"
    cca_id: UUID | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """`reason` is a sentence for a reviewer, empty where the match is clean. Candidates: the likeliest first."""

    outcome: Outcome
    utility_id: UUID | None
    cca_id: UUID | None
    candidates: tuple[Candidate, ...]
    reason: str = ""
    overlay: Overlay = field(default_factory=Overlay)


def decide(
    heard: Sequence[Heard],
    overlays: Sequence[tuple[Supplier, Inside]] = (),
    *,
    accuracy_meters: float,
    covered: float = 1.0,
    rule: Rule = Rule(),  # noqa: B008 (a tuple)
) -> Match:
    """`heard`: the utilities whose wires may reach the place; `overlays`: the CCAs whose territory may hold it;
    `covered`: how likely the place is in the territory of any of them.
    """
    scores = posterior(heard, covered=covered)
    if max(scores, default=0.0) < LEAST_SCORE or not any(each.supplier.is_known for each in heard):
        return Match("no_match", None, None, (), _nobody(heard, accuracy_meters))
    ranked = sorted(zip(scores, heard, strict=True), key=_rank)
    candidates = _shown(ranked)
    (best, (chosen, _)), second = ranked[0], ranked[1][0] if len(ranked) > 1 else 0.0
    if chosen.is_known and best >= rule.threshold and best - second >= rule.margin:
        overlay = choose_overlay(overlays, segment=chosen.segment, rule=rule)
        return Match("matched", chosen.utility_id, overlay.cca_id, candidates, overlay=overlay)
    return Match("ambiguous", None, None, candidates, _why_ambiguous(ranked, rule))


def posterior(heard: Sequence[Heard], *, covered: float = 1.0) -> list[float]:
    """The odds that all that was said of each makes, against the others' and against none of them."""
    odds = [math.exp(sum([said.weight for said in each.testimony])) for each in heard]
    total = sum(odds) + NOBODY_KNOWN + NOBODY_MAPPED * (1 - covered)
    return [each / total for each in odds]


def choose_overlay(overlays: Sequence[tuple[Supplier, Inside]], *, segment: str, rule: Rule) -> Overlay:
    """A municipal utility's or cooperative's customers are in no CCA."""
    if segment != INVESTOR_OWNED or not overlays:
        return Overlay()
    ranked = sorted(overlays, key=lambda each: (-each[1].probability, each[0].name, each[0].utility_id))
    # of two that hold the place wholly, either may be it
    total = max(1.0, sum(inside.probability for _, inside in ranked))
    candidates = tuple(_supplying(supplier, inside, inside.probability / total) for supplier, inside in ranked)
    best = ranked[0][1].probability / total
    if best >= rule.threshold:
        return Overlay("matched", candidates[0].utility_id, candidates)
    nowhere = sum(inside.probability for _, inside in ranked) <= 1 - rule.threshold
    return Overlay("no_match" if nowhere else "ambiguous", None, candidates)


def _rank(scored: tuple[float, Heard]) -> tuple[float, str, UUID]:
    score, (supplier, _) = scored
    return -score, supplier.name, supplier.utility_id


def _shown(ranked: Sequence[tuple[float, Heard]]) -> tuple[Candidate, ...]:
    worth = [each for each in ranked[:MOST_SHOWN] if each[0] >= SHOWN_SCORE] or ranked[:1]
    return tuple([_candidate(supplier, said, score) for score, (supplier, said) in worth])


def _candidate(supplier: Supplier, testimony: tuple[Statement, ...], score: float) -> Candidate:
    return Candidate(
        supplier.utility_id,
        supplier.name,
        supplier.eia_id,
        supplier.segment,
        tuple([said.name for said in testimony if said.weight > 0]),
        round(score, 2),
        testimony,
    )


def _supplying(supplier: Supplier, inside: Inside, score: float) -> Candidate:
    said = Statement("boundary", inside.probability, "Its territory holds the place, as far as that is known.")
    return _candidate(supplier, (said,), score)


def _nobody(heard: Sequence[Heard], accuracy_meters: float) -> str:
    nobody = f"No utility that serves homes has a territory within {distance(accuracy_meters)} of this place"
    if any(each.supplier.is_known for each in heard) or not heard:
        return f"{nobody}, and no table names one for its ZIP code."
    return f"{nobody}; of {names([each.supplier.name for each in heard])} it is not known whether it serves homes."


def _why_ambiguous(ranked: Sequence[tuple[float, Heard]], rule: Rule) -> str:
    """The question in a sentence: who may serve, how likely, and what speaks most for and against the first two."""
    likely = [each for each in ranked if each[0] >= SHOWN_SCORE] or ranked[:1]
    if len(likely) == 1:
        score, (supplier, said) = likely[0]
        return f"Only {supplier.name} may serve this place, and no more than {score:.0%} speak for it: {_weakest(said)}"
    who = [f"{supplier.name} ({score:.0%})" for score, (supplier, _) in likely]
    first, second = likely[0][1], likely[1][1]
    return (
        f"{names(who)} may serve this place. {first.supplier.name}: {_decisive(first.testimony)} "
        f"{second.supplier.name}: {_decisive(second.testimony)}"
    )


def _decisive(testimony: Sequence[Statement]) -> str:
    """What weighs most, for or against."""
    return max(testimony, key=lambda said: abs(said.weight)).words if testimony else "nothing is said of it."


def _weakest(testimony: Sequence[Statement]) -> str:
    return min(testimony, key=lambda said: said.weight).words if testimony else "nothing else is said of it."


def names(known: Sequence[str], *, most: int = 4) -> str:
    shown = list(known) if len(known) <= most else [*known[: most - 1], f"{len(known) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
