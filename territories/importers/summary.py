"""What an import did, for people: every row that was not taken is named, with the reason."""

from dataclasses import asdict, dataclass, field
from typing import Any

WITHDRAWN_SHOWN = 20


@dataclass(slots=True)
class Summary:
    """`repaired` and `refused` are pairs (which row or feature, why); `withdrawn` no longer stand in their data set."""

    name: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repaired: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    version: int | None = None

    @property
    def taken(self) -> int:
        return self.new + self.changed + self.unchanged

    @property
    def changes_something(self) -> bool:
        return bool(self.new or self.changed or self.withdrawn)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        counts = f"{self.new:,} new, {self.changed:,} changed, {self.unchanged:,} unchanged"
        others = f"{len(self.repaired):,} repaired, {len(self.refused):,} refused"
        gone = f", {len(self.withdrawn):,} withdrawn" if self.withdrawn else ""
        version = f" In force as version {self.version}." if self.version else ""
        return [
            f"{self.name}: {counts}, {others}{gone}.{version}{'' if self.changes_something else ' Nothing changed.'}",
            *(f"  note: {note}" for note in self.notes),
            *(f"  repaired: {which}: {why}" for which, why in self.repaired),
            *(f"  refused: {which}: {why}" for which, why in self.refused),
            *(f"  withdrawn: {which}" for which in self.withdrawn[:WITHDRAWN_SHOWN]),
            *([f"  withdrawn: {more:,} more"] if (more := len(self.withdrawn) - WITHDRAWN_SHOWN) > 0 else []),
        ]
