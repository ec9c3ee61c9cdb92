"""What the steps of one requirement found out at a cloud. Pure: criteria are held against these, and nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from devices.connectors.pull.documents import Document
from devices.connectors.pull.finding import Found

OK, TOO_MANY, REFUSED = "ok", "http_429", "http_401"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is certified, before anything is asked. `maker`: of a TPDO's, whose devices alone count (§3.3)."""

    document: Document | None
    partner: UUID
    maker: str = ""
    polling_minutes: int = 15
    is_called: bool = False
    is_plain_on_this_machine: bool = False
    has_token_url: bool = False
    has_revoke_url: bool = False
    has_authorize_url: bool = False
    agreed_limits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CallMade:
    """`seconds` from when it went out. `code` is ok, http_…, or why there was no answer."""

    call: str
    category: str
    code: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Told:
    """A state as it was read: `age` in seconds when it came, negative where it is of the future; None: no time."""

    device: str
    type: str
    age: float | None
    state: Mapping[str, Any]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commanded:
    """A command in the cloud's words, and how it went. `acknowledged` after so many seconds, as `status`.

    `ended` is what it was followed to, `said` the cloud's code and words where it refused or failed it.
    """

    device: str
    command: str
    http_status: int | None
    status: str | None
    seconds: float
    said: Mapping[str, Any] = field(default_factory=dict)
    ended: str | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """Rows of history of one device: when each was observed, in the order in which they came; how many pages."""

    device: str
    asked_from: datetime
    asked_to: datetime
    observed: Sequence[datetime]
    pages: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Renewed:
    """`lasts_days`: of the refresh token, as the cloud or its documentation says; None: neither does."""

    code: str
    lasts_days: float | None


@dataclass(frozen=True, slots=True)
class Reached:
    """One address of the cloud's: by https or not, and what came of a handshake; `why` in the TLS library's words."""

    place: str
    is_https: bool
    code: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the partner's documentation; `code` is ok, not_named, or why it was not to be had."""

    of: str
    code: str


@dataclass(slots=True)
class Facts:
    """`before`: ids by serial number, as the portal had listed them. `trials`: what came of attempts, by name."""

    subject: Subject
    listings: list[list[Found]] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    states: list[Told] = field(default_factory=list)
    commands: list[Commanded] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    calls: list[CallMade] = field(default_factory=list)
    earlier: list[CallMade] = field(default_factory=list)
    trials: dict[str, list[str]] = field(default_factory=dict)
    renewed: list[Renewed] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    @property
    def listed(self) -> list[Found]:
        return self.listings[0] if self.listings else []

    def all_calls(self) -> list[CallMade]:
        """Of the whole run, as far as it has come."""
        return [*self.earlier, *self.calls]


def notes_of(calls: Sequence[CallMade]) -> dict[str, Any]:
    """Calls as they are kept with a result, to be judged together later."""
    return {"calls": [[each.call, each.category, each.code, round(each.seconds, 4)] for each in calls]}


def calls_of(notes: Mapping[str, Any]) -> list[CallMade]:
    return [CallMade(*each) for each in notes.get("calls", [])]


def counted(codes: Sequence[str]) -> dict[str, int]:
    return dict(Counter(codes).most_common())
