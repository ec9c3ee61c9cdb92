"""What a device type is to the registry: its state fields, its commands, the rules between parameters. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from devices.values import Value


class DeviceType(StrEnum):
    BATTERY = "battery"
    INVERTER = "inverter"
    CHARGER = "charger"
    THERMOSTAT = "thermostat"
    VEHICLE = "vehicle"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Field:
    """A state field. Any may be null or absent. `sign` says what positive and negative mean, where it has both.

    `adds_up`: it is what came about since the last update, so that over time it is summed.
    """

    name: str
    value: Value
    meaning: str
    sign: str = ""
    adds_up: bool = False


@dataclass(frozen=True, slots=True)
class Rated:
    """A bound that the device's own ratings set: the rating by its name, times `factor`."""

    rating: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Parameter:
    """`least` and `most` narrow the value's own range by what the device is rated for."""

    name: str
    value: Value
    meaning: str
    required: bool = True
    default: bool | str | None = None
    sign: str = ""
    least: Rated | None = None
    most: Rated | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """`upper` is at least `by` above `lower`, where both are given."""

    lower: str
    upper: str
    by: float
    said: str


@dataclass(frozen=True, slots=True)
class Only:
    """`parameter` is given with these values of `other` only."""

    parameter: str
    other: str
    values: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Within:
    """The instant is after now, and by no more than so many hours."""

    parameter: str
    hours: float
    said: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the parameters is given."""

    parameters: tuple[str, ...]
    said: str


Rule = Apart | Only | Within | AnyOf


@dataclass(frozen=True, slots=True)
class Command:
    """`slug` is `type:verb`. `limits` are those that only what is known of the device can decide (devices/safety)."""

    slug: str
    meaning: str
    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    limits: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        return next((each for each in self.parameters if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of one device type."""

    type: DeviceType
    about: str
    fields: tuple[Field, ...] = ()
    orders: tuple[Command, ...] = ()

    @property
    def commands(self) -> frozenset[str]:
        return frozenset(order.slug for order in self.orders)

    def field(self, name: str) -> Field | None:
        return next((each for each in self.fields if each.name == name), None)
