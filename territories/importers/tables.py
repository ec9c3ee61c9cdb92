"""Tables that name utilities by ZIP code (OpenEI's form) and by county (EIA-861's form).

Each file is a data set of its own name, so the tables of several years stand beside each other.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from territories.importers.files import BadFileError, digest, read_csv_rows
from territories.importers.summary import Summary
from territories.importers.utilities import eia_id
from territories.importers.versions import newest_version, put_in_force, year_in
from territories.models import CountyService, DataSet, ZipService

Key = tuple[str, ...]
Rows = Iterator[tuple[int, dict[str, str]]]
LONGEST_COUNTY = 100
LONGEST_NUMBER = 16


def import_zip_table(path: Path, *, now: datetime, as_of_year: int | None = None) -> Summary:
    """`as_of_year`: which it describes; where none is given, the one in its name."""
    rows = read_csv_rows(path, columns=("zip", "eiaid"))
    return _import(
        path,
        rows,
        _zip_row,
        kind=DataSet.Kind.ZIP_TABLE,
        model=ZipService,
        fields=("zip_code", "eia_id"),
        now=now,
        as_of_year=as_of_year,
    )


def import_county_table(path: Path, *, now: datetime, as_of_year: int | None = None) -> Summary:
    rows = read_csv_rows(path, columns=("utility_number", "state", "county"))
    return _import(
        path,
        rows,
        _county_row,
        kind=DataSet.Kind.COUNTY_TABLE,
        model=CountyService,
        fields=("state", "county", "eia_id"),
        now=now,
        as_of_year=as_of_year,
    )


def _zip_row(row: dict[str, str]) -> Key:
    # spreadsheets eat the zeros in front
    zip_code = row["zip"].zfill(5)
    if not (zip_code.isdecimal() and len(zip_code) == 5 and int(zip_code)):
        raise ValueError(f"{row['zip']!r} is no ZIP code.")
    return zip_code, _utility_number(row["eiaid"])


def _county_row(row: dict[str, str]) -> Key:
    if not (len(row["state"]) == 2 and 0 < len(row["county"]) <= LONGEST_COUNTY):
        raise ValueError(f"{row['county']!r}, {row['state']!r} is no county.")
    return row["state"].upper(), row["county"], _utility_number(row["utility_number"])


def _utility_number(text: str) -> str:
    number = eia_id(text)
    if number is None or len(number) > LONGEST_NUMBER:
        raise ValueError(f"{text!r} is no EIA utility number.")
    return number


def _import(
    path: Path,
    rows: Rows,
    parse: Callable[[dict[str, str]], Key],
    *,
    kind: DataSet.Kind,
    model: Any,
    fields: tuple[str, ...],
    now: datetime,
    as_of_year: int | None,
) -> Summary:
    summary = Summary(path.name)
    after = _parsed(rows, parse, summary)
    if not after:
        why = summary.refused[0] if summary.refused else ("the header", "no row follows it.")
        raise BadFileError(path, f"No row can be used: {why[1]}", remedy="fetch it again.", where=why[0])
    last = newest_version(kind, path.name)
    rows_before = model.objects.filter(data_set=last).values_list("pk", *fields)  # none where there is no last one
    before = {tuple(values): pk for pk, *values in rows_before}
    added, gone = [key for key in after if key not in before], before.keys() - after.keys()
    summary.new, summary.unchanged = len(added), len(after) - len(added)
    summary.withdrawn = sorted(", ".join(key) for key in gone)
    if not summary.changes_something:
        return summary
    year = as_of_year or year_in(path.name)
    data_set = put_in_force(kind, digest=digest(path), summary=summary, now=now, as_of_year=year)
    model.objects.filter(pk__in=[before[key] for key in gone]).delete()
    model.objects.filter(data_set=last).update(data_set=data_set)
    model.objects.bulk_create(
        (model(data_set=data_set, **dict(zip(fields, key, strict=True))) for key in added), batch_size=5_000
    )
    return summary


def _parsed(rows: Rows, parse: Callable[[dict[str, str]], Key], summary: Summary) -> dict[Key, None]:
    keys: dict[Key, None] = {}
    repeated = 0
    for line, row in rows:
        try:
            key = parse(row)
        except ValueError as fault:
            summary.refused.append((f"line {line}", str(fault)))
            continue
        repeated += key in keys
        keys[key] = None
    if repeated:
        summary.notes.append(f"{repeated:,} rows repeat an earlier one's place and utility: counted once.")
    return keys
