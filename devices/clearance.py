"""What the layers above allow to be done with a device: written down to it with what moved its enrollment.

Nobody below asks an enrollment, a consent or a program; nothing reads or commands a device around this.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Clearance:
    """Nothing, unless told. `program_types` is the consent's scope; `until` is when it runs out by its age."""

    may_read: bool = False
    may_control: bool = False
    program_types: tuple[str, ...] = ()
    until: datetime | None = None

    def reads(self, *, now: datetime) -> bool:
        return self.may_read and self._lasts(now)

    def controls(self, *, now: datetime) -> bool:
        return self.may_control and self._lasts(now)

    def _lasts(self, now: datetime) -> bool:
        return self.until is None or now < self.until


NOTHING = Clearance()


def readable(*, now: datetime, of: str = "") -> Q:
    """`Clearance.reads` as a condition on rows. `of`: the way to their device, such as `device__`."""
    lasts = Q(**{f"{of}cleared_until": None}) | Q(**{f"{of}cleared_until__gt": now})
    return Q(**{f"{of}may_read": True}) & lasts
