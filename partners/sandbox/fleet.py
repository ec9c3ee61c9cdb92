"""The cloud's devices and sites by their ids, and the lives of the homes behind them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from partners.sandbox.chance import fraction, identifier
from partners.sandbox.homes import Home, Kind, homes
from partners.sandbox.physics.life import Life

PROGRAM = "summer-savings"  # the utility's program, which some of the homes are in
MODELS = {
    Kind.BATTERY: "Reservoir 13",
    Kind.INVERTER: "Helio 8",
    Kind.CHARGER: "Strand 48",
    Kind.VEHICLE: "Wagon EV",
    Kind.THERMOSTAT: "Hearth 2",
}
MANUFACTURER = "Simulated Energy"


@dataclass(frozen=True, slots=True)
class Unit:
    """A device as the cloud lists it. Its serial number is for good; its id should be (but see the fault id_churn)."""

    id: str
    serial: str
    kind: Kind
    site: "Site"


@dataclass(slots=True, eq=False)
class Site:
    id: str
    account: str
    program: str | None
    life: Life
    units: list[Unit] = field(default_factory=list)

    @property
    def home(self) -> Home:
        return self.life.home


class Fleet:
    def __init__(self, *, seed: int, devices: int) -> None:
        self.seed = seed
        self.sites: dict[str, Site] = {}
        self.units: dict[str, Unit] = {}
        for home in homes(seed=seed, devices=devices):
            self._settle(home)

    def units_by_serial(self) -> Iterator[Unit]:
        return (unit for site in self.sites.values() for unit in site.units)

    def rename(self, unit: Unit, *, salt: object) -> Unit:
        """The same device under another id, as clouds do that promise not to."""
        renamed = replace(unit, id=_device_id(self.seed, unit.serial, salt))
        del self.units[unit.id]
        self.units[renamed.id] = renamed
        unit.site.units[unit.site.units.index(unit)] = renamed
        return renamed

    def _settle(self, home: Home) -> None:
        number = home.number
        program = PROGRAM if number == 0 or fraction(self.seed, number, "program") < 0.5 else None
        site = Site(f"site_{identifier(self.seed, number, 'site')}", f"resident-{number + 1}", program, Life(home))
        self.sites[site.id] = site
        for kind in home.kinds:
            serial = f"SE{kind[0].upper()}{self.seed % 1000:03}{number:06}"
            unit = Unit(_device_id(self.seed, serial, ""), serial, kind, site)
            site.units.append(unit)
            self.units[unit.id] = unit


def _device_id(*names: object) -> str:
    return f"dev_{identifier(*names)}"
