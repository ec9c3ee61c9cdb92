"""What a connector document says, once it has been read and found good (`parsing`). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.connectors.pull.control import Control
from devices.connectors.pull.instants import Clock
from devices.connectors.pull.units import AS_IT_IS, Conversion
from devices.kind import DeviceType
from devices.values import Value

CATEGORIES = ("metadata", "telemetry", "historical", "control")


@dataclass(frozen=True, slots=True)
class Limit:
    per_second: float
    burst: int
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """`by`: cursor, page, offset or link; `where` the parameter goes: query, form or json."""

    by: str
    send: str = ""
    where: str = "query"
    next: str = ""
    first: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of request. `items` is the path to the list in its answer; `ok` must be true in a good answer."""

    name: str
    path: str
    method: str = "GET"
    query: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] | None = None
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    category: str = "telemetry"
    items: str = ""
    ok: str = ""
    times: str = "iso"
    pages: Pages | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A call of discovery, and what is kept of each of its items."""

    call: str
    keep: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one state field is read: `at` is its place in the document, `value` what the registry says of it."""

    at: str
    name: str
    value: Value
    path: str = ""
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    convert: Conversion = AS_IT_IS
    absent: tuple[Any, ...] = ()
    when: str = ""
    map: Mapping[str, Any] | None = None
    sign: Mapping[str, str] | None = None
    zero_within: float = 0.0
    is_counter: bool = False
    inner: tuple["Rule", ...] = ()


@dataclass(frozen=True, slots=True)
class RatingRule:
    """How one rating is read; `name` is the registry's."""

    name: str
    path: str
    convert: Conversion = AS_IT_IS


@dataclass(frozen=True, slots=True)
class Bulk:
    call: str
    id: str
    root: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Where states come from: one device's `call` with what is `also` asked, or many devices' `bulk`."""

    call: str = ""
    root: str = ""
    also: tuple[str, ...] = ()
    bulk: Bulk | None = None


@dataclass(frozen=True, slots=True)
class History:
    """`days`: how much one call may ask for."""

    call: str
    clock: Clock
    rules: tuple[Rule, ...]
    days: float = 7.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of device within an item of the last discovery call, and what is told of it."""

    number: int
    type: DeviceType
    id: str
    clock: Clock
    rules: tuple[Rule, ...]
    each: str = ""
    where: str = ""
    serial_number: str = ""
    manufacturer: str = ""
    model: str = ""
    name: str = ""
    site: str = ""
    commissioned: str = ""
    ratings: tuple[RatingRule, ...] = ()
    keep: Mapping[str, str] = field(default_factory=dict)
    state: State = State()
    history: History | None = None

    @property
    def at(self) -> str:
        return f"devices[{self.number}]"


@dataclass(frozen=True, slots=True)
class Authentication:
    """`send`: bearer, header or query."""

    send: str = "bearer"
    name: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`documentation`: where the partner's own pages are, and what they promise in numbers (§8)."""

    name: str
    calls: Mapping[str, Call]
    entries: tuple[Entry, ...]
    discovery: tuple[Step, ...] = ()
    authentication: Authentication = Authentication()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    control: Control | None = None
    documentation: Mapping[str, str | float] = field(default_factory=dict)
