"""The latest state of a device, as the registry names it."""

from typing import Any

from devices.models import Device, DeviceState
from devices.telemetry import forms, layouts


def state_of(device: Device, *, known: dict[int, layouts.Fields]) -> dict[str, Any] | None:
    """None before its first reading. `known` are all layouts; many devices are read with `latest` beside them."""
    try:
        latest: DeviceState = device.latest
    except DeviceState.DoesNotExist:
        return None
    if latest.layout is None or latest.state is None:
        return None
    return forms.read(known[latest.layout], latest.state)
