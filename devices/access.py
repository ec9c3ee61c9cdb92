"""Access to a device at its maker's cloud, as it was granted there, and giving it up.

Whoever holds such access puts itself into `ACCESSES`. Where nobody holds access to a device, nothing can be given up
there, and nobody is told that it was.
"""

from enum import StrEnum
from typing import Protocol

from devices.models import Device


class GivenUp(StrEnum):
    """What came of it; what says least comes first."""

    WITHDRAWN = "withdrawn"  # no longer used for this device, though the grant goes on for others
    NOT_TOLD = "not_told"  # what opened it is destroyed here; the cloud has no way to be told
    ENDED = "ended"  # the cloud ended the grant


class NoAccessError(Exception):
    """Nobody holds access to this device."""


class Access(Protocol):
    def holds(self, device: Device) -> bool:
        """It does, or did until it gave it up."""

    def give_up(self, device: Device) -> GivenUp:
        """Returns once it is given up: where the cloud ends the grant, once it did. Safe to do twice."""


ACCESSES: list[Access] = []


def give_up(device: Device) -> GivenUp:
    """Gives up every access that is held to the device. Call it outside any transaction.

    Raises `NoAccessError`, and whatever a connector raises: then it is to be tried again.
    """
    held = [access for access in ACCESSES if access.holds(device)]
    if not held:
        raise NoAccessError("nobody holds access to this device")
    return min((access.give_up(device) for access in held), key=list(GivenUp).index)
