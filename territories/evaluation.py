"""How well matching does on a file of places: what it decides, and where the truth is known, how often it is right."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tzfpy import get_tz

from territories import geocoding, index
from territories.addresses import Address
from territories.geocoding import AddressNotFoundError, GeocodersUnavailableError, Location
from territories.geocoding.postal import look_up_zip_code
from territories.geocoding.zip_codes import zip_codes
from territories.importers.files import BadFileError, read_csv_rows
from territories.importers.utilities import eia_id
from territories.matching import Candidate, Match

COLUMNS = ("postal_code", "state")
DECILES = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """A row. `coordinates`: (latitude, longitude), None where it has an address alone; `expected`: an EIA id or ""."""

    line: int
    address: Address
    coordinates: tuple[float, float] | None
    expected: str


@dataclass(frozen=True, slots=True)
class Judged:
    """`match` is None where the address could not be located: `fault` says why. `right` is None where unlabelled or
    undecided. `contradicted`: with coordinates it is decided otherwise (None where that was not tried).
    """

    sample: Sample
    match: Match | None
    fault: str = ""
    contradicted: bool | None = None

    @property
    def outcome(self) -> str:
        return self.match.outcome if self.match else "no_match"

    @property
    def best(self) -> Candidate | None:
        return self.match.candidates[0] if self.match and self.match.candidates else None

    @property
    def best_is_right(self) -> bool:
        return self.best is not None and _stands_for(self.sample.expected, self.best)

    @property
    def right(self) -> bool | None:
        return self.best_is_right if self.sample.expected and self.outcome == "matched" else None


def read_samples(path: Path) -> list[Sample]:
    """Raises BadFileError."""
    samples = [_sample(path, line, row) for line, row in read_csv_rows(path, columns=COLUMNS)]
    if not samples:
        raise BadFileError(path, "It has no rows.", remedy="name a CSV file with a row a place.")
    return samples


def judge(samples: Iterable[Sample], *, accuracy_meters: float, coordinates_off: bool) -> Iterator[Judged]:
    for sample in samples:
        if not coordinates_off:
            yield _judge(sample, accuracy_meters)
            continue
        without = _judge(Sample(sample.line, sample.address, None, sample.expected), accuracy_meters, postal=True)
        yield _compare(without, sample, accuracy_meters)


def summary(judged: Sequence[Judged], *, worst: int) -> dict[str, Any]:
    labelled = [each for each in judged if each.sample.expected]
    compared = [each for each in judged if each.contradicted is not None]
    total: dict[str, Any] = {
        "total": len(judged),
        "decided": sum(each.outcome == "matched" for each in judged),
        "ambiguous": sum(each.outcome == "ambiguous" for each in judged),
        "noMatch": sum(each.outcome == "no_match" for each in judged),
        "labelled": len(labelled),
        "right": sum(each.right is True for each in labelled),
        "wrong": sum(each.right is False for each in labelled),
        "calibration": calibration(labelled),
        "worst": [_case(first, alike) for first, alike in unlike(worst_cases(judged))[:worst]],
    }
    if compared:
        total |= {"compared": len(compared), "contradicted": sum(each.contradicted is True for each in compared)}
    return total


def calibration(labelled: Sequence[Judged]) -> list[dict[str, Any]]:
    """By decile of the best candidate's score, decided or not: how many were right, against what the scores said."""
    rows = []
    for decile in range(DECILES):
        scored = [(each, each.best.score) for each in labelled if each.best is not None]
        here = [(each, score) for each, score in scored if min(int(score * DECILES), DECILES - 1) == decile]
        if here:
            rows.append(
                {
                    "from": decile / DECILES,
                    "to": (decile + 1) / DECILES,
                    "count": len(here),
                    "meanScore": round(sum(score for _, score in here) / len(here), 3),
                    "right": round(sum(each.best_is_right for each, _ in here) / len(here), 3),
                }
            )
    return rows


def worst_cases(judged: Sequence[Judged]) -> list[Judged]:
    """Wrong ones first, the surest first; then those contradicted, then the undecided, the most doubtful first."""

    def badness(each: Judged) -> tuple[int, float]:
        score = each.best.score if each.best else 0.0
        if each.right is False:
            return 0, -score
        if each.contradicted:
            return 1, -score
        return (2, score) if each.outcome != "matched" else (3, score)

    return [each for each in sorted(judged, key=badness) if badness(each)[0] < 3]


def unlike(cases: Sequence[Judged]) -> list[tuple[Judged, int]]:
    """One of each kind, with how many more there are: a street of homes is one question, not forty."""
    first: dict[object, Judged] = {}
    alike: dict[object, int] = defaultdict(int)
    for each in cases:
        names = tuple(candidate.name for candidate in each.match.candidates) if each.match else each.fault
        kind = each.sample.address.zip_code, each.outcome, each.sample.expected, names
        alike[kind] += kind in first
        first.setdefault(kind, each)
    return [(each, alike[kind]) for kind, each in first.items()]


def _sample(path: Path, line: int, row: dict[str, str]) -> Sample:
    try:
        coordinates = _coordinates(row.get("latitude", ""), row.get("longitude", ""))
        expected = eia_id(row.get("expected_eia_id")) or ""
    except ValueError as fault:
        raise BadFileError(
            path, f"It has a value that cannot be read: {fault}.", remedy="mend it.", where=f"line {line}"
        ) from None
    address = Address(
        street_one=row.get("street") or row.get("address1") or "",
        street_two="",
        city=row.get("city") or _city(row["postal_code"]),
        state=row["state"],
        postal_code=row["postal_code"],
    )
    return Sample(line, address, coordinates, expected)


def _coordinates(latitude: str, longitude: str) -> tuple[float, float] | None:
    """None where neither is given. Raises ValueError."""
    if not latitude and not longitude:
        return None
    degrees = float(latitude), float(longitude)
    if not (abs(degrees[0]) <= 90 and abs(degrees[1]) <= 180):  # false for NaN too
        raise ValueError(f"latitude {latitude}, longitude {longitude} is no place on earth")
    return degrees


def _city(postal_code: str) -> str:
    place = zip_codes().by_code.get(postal_code.strip()[:5])
    return place.city if place else ""


def _judge(sample: Sample, accuracy_meters: float, *, postal: bool = False) -> Judged:
    try:
        location = _locate(sample, accuracy_meters, postal=postal)
    except AddressNotFoundError as unknown:
        return Judged(sample, None, unknown.reason)
    except GeocodersUnavailableError as fault:
        return Judged(sample, None, str(fault))
    return Judged(sample, index.match(location, address=sample.address))


def _locate(sample: Sample, accuracy_meters: float, *, postal: bool) -> Location:
    if sample.coordinates is None:
        return look_up_zip_code(sample.address) if postal else geocoding.locate(sample.address)
    latitude, longitude = sample.coordinates
    return Location(latitude, longitude, accuracy_meters, get_tz(longitude, latitude), "coordinates")


def _compare(without: Judged, sample: Sample, accuracy_meters: float) -> Judged:
    if without.outcome != "matched" or sample.coordinates is None:
        return without
    located = _judge(sample, accuracy_meters).match
    if located is None or located.utility_id is None or without.match is None:
        return without
    return Judged(without.sample, without.match, contradicted=located.utility_id != without.match.utility_id)


def _stands_for(expected: str, candidate: Candidate) -> bool:
    """A merged utility's id is its successor's."""
    supplier = index.in_force().suppliers.by_eia_id.get(expected)
    return supplier is not None and supplier.utility_id == candidate.utility_id


def _case(judged: Judged, alike: int) -> dict[str, Any]:
    return {
        "line": judged.sample.line,
        "alike": alike,
        "postalCode": judged.sample.address.postal_code,
        "state": judged.sample.address.state,
        "outcome": judged.outcome,
        "expected": judged.sample.expected or None,
        "reason": judged.match.reason if judged.match else judged.fault,
        "candidates": [_shown(each) for each in judged.match.candidates] if judged.match else [],
    }


def _shown(candidate: Candidate) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "eiaId": candidate.eia_id,
        "score": candidate.score,
        "evidence": [
            {"name": said.name, "weight": round(said.weight, 2), "words": said.words} for said in candidate.testimony
        ],
    }
