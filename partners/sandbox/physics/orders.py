"""What was ordered of a home and from when on. A command never changes the past: each order begins at its instant."""

from dataclasses import dataclass, field, replace
from typing import Any

from partners.sandbox.homes import Home


@dataclass(frozen=True, slots=True)
class Setpoints:
    """All that can be set in a home. What has an `…_until` is over at that instant (seconds since 1970)."""

    reserve_percent: float = 20.0
    floor_percent: float = 0.0
    ceiling_percent: float = 100.0
    battery_mode: str = "self_consumption"
    forced_kw: float | None = None
    forced_until: float | None = None
    export_limit_kw: float | None = None
    curtailment_percent: float = 0.0
    power_factor: float = 1.0
    charging_allowed: bool = True
    amps_limit: float = 0.0
    charge_limit_percent: float = 80.0
    hvac_mode: str = "auto"
    heat_c: float = 20.0
    cool_c: float = 24.0
    fan: str = "auto"
    hold_heat_c: float | None = None
    hold_cool_c: float | None = None
    hold_until: float | None = None

    def at(self, instant: float) -> "Setpoints":
        """Without what is over by then."""
        over: dict[str, Any] = {}
        if self.forced_until is not None and self.forced_until <= instant:
            over |= {"forced_kw": None, "forced_until": None}
        if self.hold_until is not None and self.hold_until <= instant:
            over |= {"hold_heat_c": None, "hold_cool_c": None, "hold_until": None}
        return replace(self, **over) if over else self


@dataclass(frozen=True, slots=True)
class Order:
    at: float
    changes: dict[str, Any]


@dataclass(slots=True)
class Orders:
    """One home's, by their instants."""

    usual: Setpoints
    given: list[Order] = field(default_factory=list)

    def add(self, order: Order) -> None:
        self.given.append(order)
        self.given.sort(key=lambda each: each.at)

    def in_force(self, instant: float) -> Setpoints:
        setpoints = self.usual
        for order in self.given:
            if order.at > instant:
                break
            setpoints = replace(setpoints.at(order.at), **order.changes)
        return setpoints.at(instant)

    def turns(self, begins: float, ends: float) -> set[float]:
        """Instants between, at which something that was ordered begins or is over."""
        found: set[float] = set()
        for order in self.given:
            over = (order.changes.get("forced_until"), order.changes.get("hold_until"))
            found |= {each for each in (order.at, *over) if each is not None and begins < each < ends}
        return found

    @property
    def first_at(self) -> float | None:
        return self.given[0].at if self.given else None


def usual(home: Home) -> Setpoints:
    made = Setpoints()
    if home.battery:
        made = replace(made, reserve_percent=home.battery.reserve_percent)
    if home.charger:
        made = replace(made, amps_limit=home.charger.max_amps)
    if home.car:
        made = replace(made, charge_limit_percent=home.car.limit_percent)
    if home.thermostat:
        made = replace(made, heat_c=home.thermostat.heat_c, cool_c=home.thermostat.cool_c)
    return made
