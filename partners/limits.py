"""How often a partner may call, by category (contract §8, §7.2): the one table. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil


class Category(StrEnum):
    METADATA = "metadata"
    ENROLLMENT = "enrollment"
    TELEMETRY = "telemetry"
    CONTROL = "control"
    HISTORICAL = "historical"


MEANINGS = {
    Category.METADATA: "Devices, device types, programs and webhook endpoints.",
    Category.ENROLLMENT: "Enrollments, consents, lifecycle events, planned maintenance, link sessions and evidence. "
    "A batch is one request.",
    Category.TELEMETRY: "Readings that you send. A request carries up to 5,000.",
    Category.CONTROL: "Commands, and what you report of them.",
    Category.HISTORICAL: "Telemetry history.",
}
LEAST_A_SECOND = 100  # contract §8
SECONDS_OF_BURST = 5  # contract §8: a burst of 500 at 100 a second
SECONDS_A_DEVICE = 300  # each device may be spoken of as often as this, in each category
MOST_A_SECOND = 100_000  # that staff can raise one to


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` requests at once; they come back at `a_second`."""

    category: Category
    a_second: int

    @property
    def burst(self) -> int:
        return self.a_second * SECONDS_OF_BURST

    @property
    def policy(self) -> str:
        """The `RateLimit-Policy` field: a structured item (IETF draft), so many in so many seconds."""
        return f'"{self.category}";q={self.burst};w={SECONDS_OF_BURST}'

    def state(self, remaining: float) -> str:
        """The `RateLimit` field: how many are left, and in how many seconds all of them are back."""
        left = max(0, min(self.burst, int(remaining)))
        return f'"{self.category}";r={left};t={ceil((self.burst - left) / self.a_second)}'


def limit_of(category: Category, *, devices: int, raised: Mapping[str, int]) -> Limit:
    """It grows with the partner's portfolio, and staff may raise it; it is never less than the contract's."""
    grown = ceil(devices / SECONDS_A_DEVICE)
    return Limit(category, max(LEAST_A_SECOND, grown, raised.get(category, 0)))
