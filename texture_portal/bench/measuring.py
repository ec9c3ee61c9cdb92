"""What a measurement says."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Measurement:
    """`value` and `against` are in `unit`; `seconds` are those of each call; `against_what` says what was bare."""

    bench: str
    value: float
    unit: str
    seconds: Sequence[float]
    against: float
    against_what: str
    details: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        return json.dumps(
            {
                "bench": self.bench,
                "value": round(self.value, 1),
                "unit": self.unit,
                "p50_ms": _milliseconds(self.seconds, 50),
                "p95_ms": _milliseconds(self.seconds, 95),
                "against": round(self.against, 1),
                "ratio": round(self.value / self.against, 3),
                "details": {"against": self.against_what, **self.details},
            }
        )


def _milliseconds(seconds: Sequence[float], percentile: int) -> float:
    return round(statistics.quantiles(seconds, n=100, method="inclusive")[percentile - 1] * 1000, 3)
