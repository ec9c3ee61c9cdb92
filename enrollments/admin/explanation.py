"""Why a territory case is open, side by side: what each source says of each candidate, and where they lie."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from enrollments.models import Enrollment, ReviewCase
from enrollments.models.review import ABOUT_TERRITORY
from territories.maps import Map, distance, map_of
from territories.maps.drawing import Drawn
from territories.models import Site
from texture_portal.console.marks import NOTHING, words

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STRONGEST = 4.0  # a weight (logarithm of odds) whose bar is full: some 50 to 1
FELT = 0.25  # a difference in weight below this is none
SAID = {True: "for", False: "against"}


@dataclass(frozen=True, slots=True)
class Column:
    """A candidate; its `letter` is on the map too."""

    letter: str
    id: str
    name: str
    eia_id: str
    segment: str
    score: float
    is_mapped: bool
    is_hinted: bool

    @property
    def side(self) -> str:
        """Its colour and hatching."""
        return f"side-{self.letter.lower()}"

    @property
    def percent(self) -> int:
        return round(self.score * 100)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a source says of a candidate. `side` is for, against or silent; `percent` is of the strongest there is."""

    side: str = "silent"
    weight: float | None = None
    words: str = ""

    @property
    def strength(self) -> float:
        """Of one that speaks for a candidate, nobody knows how strongly, as of the strong ones."""
        return self.weight if self.weight is not None else float(self.side == SAID[True])

    @property
    def percent(self) -> int:
        return min(100, round(abs(self.weight or 0.0) / STRONGEST * 100))


@dataclass(frozen=True, slots=True)
class Row:
    source: str
    cells: list[tuple[Column, Cell]]

    @property
    def tells_apart(self) -> float:
        """By how much it sets the candidates apart from one another."""
        return max(self._weights) - min(self._weights)

    @property
    def favours(self) -> float:
        """The first candidate rather than the second; below zero, the second rather than the first."""
        first, second, *_ = [*self._weights, 0.0]
        return first - second

    @property
    def _weights(self) -> list[float]:
        return [cell.strength for _, cell in self.cells]


def context(case: ReviewCase) -> dict[str, Any]:
    found = case.enrollment.match.get("candidates", [])
    if case.kind not in ABOUT_TERRITORY or not found:
        return {}
    drawn = _map(case.enrollment, found)
    mapped = {str(area.utility_id) for area in drawn.areas} if drawn else set()
    columns = [_column(case.enrollment, each, place, mapped) for place, each in enumerate(found)]
    evidence = rows(case.enrollment.match, columns)
    return {
        "columns": columns,
        "evidence": evidence,
        "torn": torn(evidence, columns),
        "address": address_in_one_line(case.enrollment.site),
        "map": drawn,
        "shapes": _shapes(drawn.areas, columns) if drawn else [],
        "small_shapes": _shapes(drawn.overview.areas, columns) if drawn and drawn.overview else [],
        "accuracy_words": distance(case.enrollment.site.accuracy_meters or 0.0),
        "tiles_credit": settings.MAP_TILES_CREDIT if settings.MAP_TILES_URL else "",
    }


def rows(match: dict[str, Any], columns: list[Column]) -> list[Row]:
    """What sets the candidates apart most stands first. Matches of old kept only the names of what speaks for each."""
    testimony = match.get("testimony") or {}
    if not any(testimony.values()):
        testimony = {
            each["utility"]["id"]: [{"name": name, "weight": None} for name in each["evidence"]]
            for each in match["candidates"]
        }
    told = {(id, said["name"]): said for id, statements in testimony.items() for said in statements}
    sources = sorted({source for _, source in told})
    made = [
        Row(words(source).replace("Zip", "ZIP"), [(each, _cell(told.get((each.id, source)))) for each in columns])
        for source in sources
    ]
    return sorted(made, key=lambda row: -row.tells_apart)


def torn(evidence: list[Row], columns: list[Column]) -> list[tuple[str, str]]:
    """Why it hesitates, in lines: what speaks for the first rather than the second, and the other way round."""
    if len(columns) < 2:
        return []
    first, second = columns[0].letter, columns[1].letter
    sides = {
        f"For {first} rather than {second}": [row for row in evidence if row.favours >= FELT],
        f"For {second} rather than {first}": [row for row in evidence if row.favours <= -FELT],
        f"The same of {first} and {second}": [row for row in evidence if abs(row.favours) < FELT],
    }
    return [(side, ", ".join(row.source for row in found) or "nothing") for side, found in sides.items()]


def address_in_one_line(site: Site) -> str:
    return f"{', '.join(filter(None, (site.street_one, site.street_two)))}, {site}"


def _shapes(areas: list[Drawn], columns: list[Column]) -> list[tuple[Column, Drawn]]:
    """The likeliest is drawn last, over the others."""
    by_id = {str(area.utility_id): area for area in areas}
    return [(column, by_id[column.id]) for column in reversed(columns) if column.id in by_id]


def _cell(said: dict[str, Any] | None) -> Cell:
    if said is None:
        return Cell()
    weight = said["weight"]
    return Cell(SAID[weight is None or weight > 0], weight, said.get("words", ""))


def _column(enrollment: Enrollment, candidate: dict[str, Any], place: int, mapped: set[str]) -> Column:
    utility = candidate["utility"]
    return Column(
        letter=LETTERS[place % len(LETTERS)],
        id=utility["id"],
        name=utility["name"],
        eia_id=utility["eiaId"] or NOTHING,
        segment=words(utility["segment"]),
        score=candidate["score"],
        is_mapped=utility["id"] in mapped,
        is_hinted=_is_hinted(enrollment.utility_hint or {}, utility),
    )


def _is_hinted(hint: dict[str, str], utility: dict[str, Any]) -> bool:
    return bool(hint) and (
        hint.get("eiaId") == utility["eiaId"] or hint.get("name", "").casefold() == utility["name"].casefold()
    )


def _map(enrollment: Enrollment, candidates: list[dict[str, Any]]) -> Map | None:
    site, said = enrollment.site, enrollment.partner_coordinates
    if site.latitude is None or site.longitude is None or site.accuracy_meters is None:
        return None
    return map_of(
        (site.latitude, site.longitude),
        accuracy_meters=site.accuracy_meters,
        utility_ids=[UUID(each["utility"]["id"]) for each in candidates],
        said=(said[0], said[1]) if said else None,
        tiles_url=settings.MAP_TILES_URL,
    )
