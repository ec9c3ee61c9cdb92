"""What is known of devices that an event may ask something of: read in bulk, for the pure rules."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from devices.kind import DeviceType
from devices.models import Device, DeviceState
from devices.safety import Caps, DeviceFacts, Window
from devices.telemetry import layouts
from devices.telemetry.latest import state_of
from programs.dispatch.planning import Subject
from programs.dispatch.using import NOTHING, used_of
from programs.models import DispatchEvent, DispatchTarget

States = dict[UUID, dict[str, Any] | None]


def states_of(devices: Sequence[Device]) -> States:
    """They are read with `latest` beside them."""
    known = layouts.known()
    return {device.pk: state_of(device, known=known) for device in devices}


def subject_of(device: Device, state: dict[str, Any] | None) -> Subject:
    commands = frozenset(device.commands) if device.controllable else frozenset[str]()
    return Subject(str(device.pk), DeviceType(device.type), commands, device.ratings, state)


def facts_of(
    device: Device, state: dict[str, Any] | None, events: Sequence[Window], *, takes_orders: bool
) -> DeviceFacts:
    return DeviceFacts(
        type=device.type,
        controllable=device.controllable,
        telemetry=device.telemetry,
        commands=frozenset(device.commands),
        ratings=device.ratings,
        state=state or {},
        observed_at=_observed_at(device),
        takes_orders=takes_orders,
        may_control=device.may_control,
        program_types=frozenset(device.cleared_types),
        cleared_until=device.cleared_until,
        events=tuple(events),
    )


def _observed_at(device: Device) -> datetime | None:
    try:
        return device.latest.observed_at
    except DeviceState.DoesNotExist:
        return None


def other_events(event: DispatchEvent, devices: Sequence[Device]) -> dict[UUID, list[Window]]:
    """Those that have the device at some of the same time: which run, or are to run and are not of less priority."""
    overlapping = Q(event__starts_at__lt=event.ends_at, event__ends_at__gt=event.starts_at)
    goes_first = Q(event__status__in=["running", "restoring"]) | Q(
        event__status="scheduled", event__priority__gte=event.priority
    )
    rows = DispatchTarget.objects.filter(
        overlapping & goes_first, device__in=[each.pk for each in devices], outcome__in=["planned", "asked"]
    )
    found: dict[UUID, list[Window]] = defaultdict(list)
    for device, *window in rows.exclude(event=event).values_list(
        "device", "event", "event__starts_at", "event__ends_at"
    ):
        found[device].append(Window(*window))  # type: ignore[arg-type]  # as they are listed
    return found


def caps_of(event: DispatchEvent, devices: Sequence[Device]) -> dict[UUID, Caps]:
    program, used = event.program, used_of(event, [each.pk for each in devices])
    return {
        device.pk: Caps(
            events_a_day=program.max_events_per_day,
            events_today=used.get(device.pk, NOTHING).events_today,
            hours_a_year=program.max_hours_per_year,
            hours_this_year=used.get(device.pk, NOTHING).hours_this_year,
        )
        for device in devices
    }
