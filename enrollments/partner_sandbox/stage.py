"""The made-up grid of a sandbox, around the addresses of `territories.geocoding.staged`, and its programs.

It is laid into an empty database and into no other: so a sandbox never holds anything of the real world.
"""

import io
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management import call_command

from devices.kind import DeviceType
from enrollments.models import Enrollment
from programs.creation import create_program
from programs.models import Program
from territories.models import DataSet, Utility

TERRITORIES = "sandbox-territories.geojson"
CCA = "COMMUNITY_CHOICE_AGGREGATOR"
ANY_TYPE = tuple(each.value for each in DeviceType)
Box = tuple[float, float, float, float]  # west, south, east, north: degrees


@dataclass(frozen=True, slots=True)
class StagedUtility:
    eia_id: str
    name: str
    state: str
    box: Box
    segment: str = "INVESTOR_OWNED_UTILITY"

    @property
    def is_cca(self) -> bool:
        return self.segment == CCA


@dataclass(frozen=True, slots=True)
class StagedProgram:
    """`terms` are what `create_program` takes."""

    name: str
    owner: str
    type: str = "demand_response"
    terms: dict[str, Any] = field(default_factory=dict)


UTILITIES = (
    StagedUtility("99001", "Sandbox Bay Power", "CA", (-123.1, 37.5, -122.1, 38.5)),
    StagedUtility("99002", "Sandbox Front Range Electric", "CO", (-105.8, 39.5, -104.8, 40.5)),
    StagedUtility("99003", "Sandbox Flatirons Power", "CO", (-105.8, 39.5, -104.8, 40.5)),
    StagedUtility("99004", "Sandbox Hill Country Electric", "TX", (-98.2, 29.8, -97.2, 30.8)),
    StagedUtility("99005", "Sandbox High Desert Power", "NM", (-106.4, 35.2, -105.4, 36.2)),
    StagedUtility("99006", "Sandbox Salt Lake Power", "UT", (-112.4, 40.3, -111.4, 41.3)),
    StagedUtility(
        "99009", "Sandbox Choice Energy", "CA", (-122.55, 38.2, -122.25, 38.4), "COMMUNITY_CHOICE_AGGREGATOR"
    ),
)
PROGRAMS = (
    StagedProgram("Sandbox Peak", "99001"),
    StagedProgram("Sandbox Storage", "99001", "virtual_power_plant"),
    StagedProgram("Sandbox Front Range Peak", "99002"),
    StagedProgram("Sandbox Flatirons Peak", "99003"),
    StagedProgram("Sandbox Verified Peak", "99004", terms={"wants_verified_account": True}),
    StagedProgram("Sandbox Power Peak", "99005", terms={"required_commands": ["battery:set-power"]}),
    StagedProgram("Sandbox Ended Peak", "99006", terms={"ends_on": date(2024, 12, 31)}),
)


class NoStageError(Exception):
    """This database is not one to lay a sandbox's grid into; the message says why and what to do."""


def lay() -> None:
    """Grid and programs; what is there already stays. Raises `NoStageError`."""
    if not settings.SANDBOX:
        raise NoStageError("This is no sandbox. Remedy: SANDBOX=on, with a database of its own.")
    if not is_laid() and (DataSet.objects.exists() or Enrollment.objects.exists()):
        raise NoStageError("This database holds another grid, or enrollments. Remedy: give the sandbox an empty one.")
    if not is_laid():
        _import_grid()
    for each in PROGRAMS:
        if not Program.objects.filter(name=each.name).exists():
            create_program(each.name, owner_eia_id=each.owner, type=each.type, device_types=ANY_TYPE, **each.terms)


def check_database() -> None:
    """A sandbox works on a sandbox's database, and no other portal does. Raises `NoStageError`."""
    if settings.SANDBOX and not is_laid():
        raise NoStageError("This database is no sandbox's. Remedy: manage.py make_sandbox, in a database of its own.")
    if is_laid() and not settings.SANDBOX:
        raise NoStageError("This database is a sandbox's: nothing in it is real. Remedy: SANDBOX=on, or another one.")


def is_laid() -> bool:
    return Utility.objects.filter(eia_id=UTILITIES[0].eia_id, name=UTILITIES[0].name).exists()


def _import_grid() -> None:
    with TemporaryDirectory() as name:
        folder, said = Path(name), io.StringIO()
        utilities = _written(folder / "sandbox-utilities.json", [_row(each) for each in UTILITIES])
        call_command("import_utilities", utilities, stdout=said)
        for file, cca in ((TERRITORIES, False), ("sandbox-ccas.geojson", True)):
            features = [_feature(each) for each in UTILITIES if each.is_cca == cca]
            territories = _written(folder / file, {"type": "FeatureCollection", "features": features})
            call_command("import_territories", territories, cca=cca, stdout=said)


def _written(file: Path, document: Any) -> str:
    file.write_text(json.dumps(document))
    return str(file)


def _row(utility: StagedUtility) -> dict[str, Any]:
    return {
        "id": f"sandbox-{utility.eia_id}",
        "slug": utility.name.lower().replace(" ", "-"),
        "name": utility.name,
        "eiaId": utility.eia_id,
        "segment": utility.segment,
        "status": "ACTIVE",
        "jurisdiction": utility.state,
        "customerCount": None,
        "successorId": None,
    }


def _feature(utility: StagedUtility) -> dict[str, Any]:
    west, south, east, north = utility.box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    told = {"id": f"sandbox-territory-{utility.eia_id}", "name": utility.name, "eiaId": utility.eia_id}
    return {
        "type": "Feature",
        "properties": {**told, "state": utility.state},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
