"""Access to a device at its maker's cloud, as the end user granted it there by OAuth.

Connectors to such clouds put themselves into `ACCESSES`. Where none holds access to a device, nothing can be given up
there, and nobody is told that it was.
"""

from typing import Protocol

from devices.models import Device


class NoAccessError(Exception):
    """No connector holds access to this device."""


class Access(Protocol):
    def holds(self, device: Device) -> bool: ...

    def give_up(self, device: Device) -> None:
        """Asks the maker's cloud to end the grant, and returns once it did. Safe to do twice."""


ACCESSES: list[Access] = []


def give_up(device: Device) -> None:
    """Gives up every access that is held to the device. Call it outside any transaction.

    Raises `NoAccessError`, and whatever a connector raises: then it is to be tried again.
    """
    held = [access for access in ACCESSES if access.holds(device)]
    if not held:
        raise NoAccessError("no connector holds access to this device")
    for access in held:
        access.give_up(device)
