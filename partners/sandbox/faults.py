"""Faults on demand: which are in force, and whether one strikes here. What each does is written where it strikes."""

import random
from dataclasses import dataclass, field
from typing import Any

from partners.sandbox.chance import fraction

# kind: what it does, and the options it takes with their usual values
AT_THE_DOOR: dict[str, dict[str, float]] = {
    "latency": {"ms": 500.0, "jitter_ms": 0.0},
    "too_many_requests": {"retry_after": 2.0},
    "server_error": {},
    "unavailable": {"retry_after": 5.0},
    "hang_up": {},
    "malformed_json": {},
}
IN_THE_DATA: dict[str, dict[str, float]] = {
    "stale": {"seconds": 3600.0},
    "clock_skew": {"seconds": 300.0},
    "offline": {"ago": 0.0},
    "vanished": {},
    "storm": {},
}
IN_HANDSHAKES: dict[str, dict[str, float]] = {
    kind: {} for kind in ("expired_certificate", "wrong_name", "self_signed", "old_tls")
}
IN_PUSHES: dict[str, dict[str, float]] = {"duplicate_pushes": {}, "late_pushes": {"seconds": 30.0}, "lost_pushes": {}}
IN_COMMANDS: dict[str, dict[str, float]] = {"command_fails": {}, "command_stuck": {}}
AT_ONCE: dict[str, dict[str, float]] = {"lost_tokens": {"refresh": 0.0}, "id_churn": {}}
KINDS: dict[str, dict[str, float]] = {
    **AT_THE_DOOR, **IN_HANDSHAKES, **IN_THE_DATA, **IN_PUSHES, **IN_COMMANDS, **AT_ONCE,
}  # fmt: skip


@dataclass(slots=True)
class Fault:
    """`rate` is how often it strikes, `share` of which devices; `count` strikes and it is over, or at `until`."""

    id: str
    kind: str
    began_at: float
    options: dict[str, float]
    rate: float = 1.0
    share: float = 1.0
    category: str | None = None
    device: str | None = None
    count: int | None = None
    until: float | None = None
    struck: int = 0

    def is_over(self, now: float) -> bool:
        return (self.count is not None and self.struck >= self.count) or (self.until is not None and now >= self.until)

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Faults:
    seed: int
    known: dict[str, Fault] = field(default_factory=dict)
    drawn: random.Random = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        self.drawn = random.Random(self.seed)  # noqa: S311 - it decides nothing but which request fails

    def add(self, document: dict[str, Any], *, now: float) -> Fault:
        """Raises ValueError for a kind or an option that there is not."""
        given = dict(document)
        kind = given.pop("kind", None)
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no fault; there are {', '.join(KINDS)}")
        category, device = given.pop("category", None), given.pop("device", None)
        rate, share = (float(given.pop(name, 1)) for name in ("rate", "share"))
        lasting, count = given.pop("seconds_long", None), given.pop("count", None)
        if unknown := set(given) - set(KINDS[kind]):
            raise ValueError(f"{kind} has no option {', '.join(sorted(unknown))}")
        self.made += 1
        fault = Fault(
            id=f"fault-{self.made}",
            kind=kind,
            began_at=now,
            options={**KINDS[kind], **{name: float(value) for name, value in given.items()}},
            count=None if count is None else int(count),
            until=None if lasting is None else now + float(lasting),
            category=category,
            device=device,
            rate=rate,
            share=share,
        )
        if kind not in AT_ONCE:
            self.known[fault.id] = fault
        return fault

    def strikes(self, kind: str, *, now: float, category: str | None = None) -> Fault | None:
        """One in force of this kind that strikes this time; it is counted."""
        for fault in list(self.known.values()):
            if fault.is_over(now):
                del self.known[fault.id]
            elif fault.kind == kind and fault.category in (None, category) and self.drawn.random() < fault.rate:
                fault.struck += 1
                return fault
        return None

    def afflicts(self, kind: str, serial: str, *, now: float) -> Fault | None:
        """One in force on this device: always the same devices, a `share` of all or the one named (by its serial)."""
        for fault in self.known.values():
            if fault.kind == kind and not fault.is_over(now) and self.is_hit(fault, serial):
                return fault
        return None

    def is_hit(self, fault: Fault, serial: str) -> bool:
        if fault.device is not None:
            return fault.device == serial
        return fault.share >= 1 or fraction(self.seed, serial, fault.kind) < fault.share


def fault_from(text: str) -> dict[str, Any]:
    """`latency:ms=200,rate=0.1` as the control API would take it."""
    kind, _, rest = text.partition(":")
    pairs = [part.partition("=") for part in rest.split(",") if part]
    return {"kind": kind, **{name: value for name, _, value in pairs}}
