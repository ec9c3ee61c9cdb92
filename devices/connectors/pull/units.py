"""What vendors measure in, and how it becomes the registry's unit. Pure."""

from dataclasses import dataclass

# unit: the registry's unit, the factor, and what is added afterwards
UNITS: dict[str, tuple[str, float, float]] = {
    "mW": ("W", 0.001, 0.0),
    "W": ("W", 1.0, 0.0),
    "kW": ("W", 1000.0, 0.0),
    "MW": ("W", 1_000_000.0, 0.0),
    "J": ("Wh", 1 / 3600, 0.0),
    "Wh": ("Wh", 1.0, 0.0),
    "kWh": ("Wh", 1000.0, 0.0),
    "MWh": ("Wh", 1_000_000.0, 0.0),
    "percent": ("%", 1.0, 0.0),
    "fraction": ("%", 100.0, 0.0),
    "degF": ("°F", 1.0, 0.0),
    "degC": ("°F", 1.8, 32.0),
    "K": ("°F", 1.8, -459.67),
    "mA": ("A", 0.001, 0.0),
    "A": ("A", 1.0, 0.0),
    "mV": ("V", 0.001, 0.0),
    "V": ("V", 1.0, 0.0),
    "kV": ("V", 1000.0, 0.0),
}
DECIMALS = 6  # finer than any meter: what multiplying leaves behind it is noise


def units_of(registry_unit: str) -> list[str]:
    """Those that a field in this unit may come in."""
    return [name for name, (target, _, _) in UNITS.items() if target == registry_unit]


@dataclass(frozen=True, slots=True)
class Conversion:
    """`scale` first (tenths of a volt: 0.1), then the unit, then the sign."""

    scale: float = 1.0
    unit: str | None = None
    flip: bool = False

    def __call__(self, number: float) -> float:
        converted = number * self.scale
        if self.unit is not None:
            _, factor, added = UNITS[self.unit]
            converted = converted * factor + added
        exact = converted if converted == number else round(converted, DECIMALS)
        return (-exact if self.flip else exact) + 0.0  # and no minus zero


AS_IT_IS = Conversion()
