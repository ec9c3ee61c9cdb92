"""A home's whole life, day by day, computed when asked and kept while it is today's; what it shows at an instant."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from partners.sandbox.homes import Home
from partners.sandbox.physics.day import LEVELS, POWERS, Day, Levels, live, rest
from partners.sandbox.physics.orders import Order, Orders, Setpoints, usual
from partners.sandbox.places import HOUR


@dataclass(frozen=True, slots=True)
class Sample:
    """A home at `at`: levels then, powers then or (of an interval that ends then) on average. kW, kWh, °C."""

    at: float
    hour: float
    kw: dict[str, float]
    levels: dict[str, float]
    works: int
    setpoints: Setpoints
    day: int


@dataclass(slots=True)
class Life:
    home: Home
    orders: Orders = field(init=False)
    kept: tuple[int, Day] | None = None
    midnights: dict[int, Levels] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.orders = Orders(usual(self.home))

    def order(self, at: float, changes: dict[str, Any]) -> None:
        """What says again what holds already changes nothing, and is not remembered."""
        before = self.orders.in_force(at)
        if replace(before, **changes) == before:
            return
        self.orders.add(Order(at, changes))
        first_changed = self.home.place.day_of(at)
        self.kept = None
        self.midnights = {day: levels for day, levels in self.midnights.items() if day <= first_changed}

    def day(self, number: int, *, keep: bool = False) -> Day:
        if self.kept and self.kept[0] == number:
            return self.kept[1]
        made = live(self.home, number, begins_with=self.begins_with(number), orders=self.orders)
        if keep:
            self.kept = (number, made)
        return made

    def begins_with(self, number: int) -> Levels:
        """Midnights are all alike until the first order; from there each is what the day before left."""
        if self.orders.first_at is None:
            return rest(self.home)
        first = self.home.place.day_of(self.orders.first_at)
        levels = rest(self.home)
        for day in range(first, number):
            if day + 1 not in self.midnights:
                self.midnights[day + 1] = live(self.home, day, begins_with=levels, orders=self.orders).ends_with
            levels = self.midnights[day + 1]
        return levels

    def at(self, instant: float) -> Sample:
        number = self.home.place.day_of(instant)
        day = self.day(number, keep=True)
        piece = min(int(np.searchsorted(day.knots, instant, side="right")) - 1, len(day.works) - 1)
        begins, ends = float(day.knots[piece]), float(day.knots[piece + 1])
        share = (instant - begins) / (ends - begins)
        levels = {
            name: float(day.levels[name][piece] * (1 - share) + day.levels[name][piece + 1] * share) for name in LEVELS
        }
        kw = {name: float(day.kw[name][piece]) for name in POWERS}
        return self._sample(instant, kw, levels, int(day.works[piece]), number)

    def over(self, begins: float, ends: float) -> Sample:
        """An interval within one day: mean powers, and the levels at its end."""
        number = self.home.place.day_of(begins)
        return self.intervals(number, [(begins, ends)])[0]

    def intervals(self, number: int, spans: list[tuple[float, float]]) -> list[Sample]:
        """Of one day, computed together."""
        day = self.day(number)
        hours = np.diff(day.knots) / HOUR
        begins, ends = (np.array([span[side] for span in spans]) for side in (0, 1))
        lasting = (ends - begins) / HOUR
        means = {}
        for name in POWERS:
            total = np.concatenate(([0.0], np.cumsum(day.kw[name] * hours)))
            means[name] = (np.interp(ends, day.knots, total) - np.interp(begins, day.knots, total)) / lasting
        levels = {name: np.interp(ends, day.knots, day.levels[name]) for name in LEVELS}
        pieces = np.searchsorted(day.knots, ends, side="left") - 1
        return [
            self._sample(
                float(ends[place]), {name: float(means[name][place]) for name in POWERS},
                {name: float(levels[name][place]) for name in LEVELS}, int(day.works[pieces[place]]), number,
            )
            for place in range(len(spans))
        ]  # fmt: skip

    def since_midnight_kwh(self, instant: float) -> dict[str, float]:
        """Energy of the day so far: `imported`, `exported`, `produced`."""
        day = self.day(self.home.place.day_of(instant), keep=True)
        hours = np.clip(instant - day.knots[:-1], 0, np.diff(day.knots)) / HOUR
        grid = day.kw["grid"]
        return {
            "imported": float(np.sum(np.maximum(grid, 0) * hours)),
            "exported": float(np.sum(np.maximum(-grid, 0) * hours)),
            "produced": float(np.sum(day.kw["solar"] * hours)),
        }

    def _sample(self, at: float, kw: dict[str, float], levels: dict[str, float], works: int, number: int) -> Sample:
        hour = (at - self.home.place.midnight(number)) / HOUR
        return Sample(at, hour, kw, levels, works, self.orders.in_force(at), number)
