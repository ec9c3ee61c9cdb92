"""The registry of device types in words, for the page that shows it."""

from dataclasses import dataclass

from devices.kind import Command, Field, Kind, Parameter, Rated
from devices.presentation import value_type
from devices.values import Choice, Quantity, Value


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    form: str
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class ShownCommand:
    slug: str
    meaning: str
    rows: list[Row]
    limits: list[str]


@dataclass(frozen=True, slots=True)
class ShownKind:
    type: str
    about: str
    rows: list[Row]
    commands: list[ShownCommand]


def shown(kind: Kind) -> ShownKind:
    return ShownKind(
        kind.type.value, kind.about, [_field(field) for field in kind.fields], [_command(each) for each in kind.orders]
    )


def form_of(value: Value) -> str:
    """`number, 0 to 100 %`, or the values that it can have."""
    if isinstance(value, Choice):
        return " | ".join(value.values)
    if not isinstance(value, Quantity):
        return value_type(value).replace("_", " ")
    ranges = " or ".join(map(str, value.ranges))
    return ", ".join(filter(None, ["number", " ".join(filter(None, [ranges, value.unit]))]))


def _field(field: Field) -> Row:
    return Row(field.name, form_of(field.value), " ".join(filter(None, [field.meaning, field.sign])))


def _command(command: Command) -> ShownCommand:
    needs = [f"The device states `{name}`." for name in command.needs]
    limits = [*(rule.said for rule in command.rules), *command.limits, *needs]
    return ShownCommand(command.slug, command.meaning, [_parameter(each) for each in command.parameters], limits)


def _parameter(parameter: Parameter) -> Row:
    default = None if parameter.default is None else f"Usually `{str(parameter.default).lower()}`."
    bounds = [_bound("At least", parameter.least), _bound("At most", parameter.most)]
    said = [parameter.meaning, parameter.sign, default, *bounds]
    return Row(parameter.name, form_of(parameter.value), " ".join(filter(None, said)), parameter.required)


def _bound(words: str, rated: Rated | None) -> str | None:
    return None if rated is None else f"{words} {'minus ' if rated.factor < 0 else ''}`{rated.rating}`."
