"""Devices, their telemetry and commands, and the programs that they may join."""

from devices.api import DeviceTypesView
from devices.commands.api import CommandStatusView, CommandsView, CommandView
from devices.commands.documents import CommandQuery, CommandStatusDocument
from devices.telemetry.api import HistoryQuery, HistoryView, TelemetryView
from devices.telemetry.documents import TelemetryDocument
from enrollments.devices_api import DeviceQuery, DevicesView, DeviceView
from partners.pagination import PageQuery
from programs.api import ProgramsView
from texture_portal.openapi import commands, device_examples
from texture_portal.openapi.calls.call import Answer, Call

DEVICE_CALLS = (
    Call(
        "listDevices", "GET", "/v1/devices", DevicesView,
        "List devices", "Your own, newest first, each with its latest state.",
        {200: Answer("A page", "Devices", device_examples.DEVICES)},
        group="Devices", query=DeviceQuery,
    ),
    Call(
        "getDevice", "GET", "/v1/devices/{deviceId}", DeviceView,
        "Read one device", "",
        {200: Answer("The device", "Device", device_examples.DEVICE)},
        group="Devices", codes=("not_found",),
    ),
    Call(
        "sendTelemetry", "POST", "/v1/telemetry", TelemetryView,
        "Send up to 5,000 readings",
        "Each stands or falls alone: `rejected` says which did not, and why. A reading of a device and instant that "
        "are kept already is a duplicate, so whatever is in doubt may be sent again. Bodies up to 16 MiB. See "
        "`/docs/telemetry`.",
        {202: Answer("What became of them", "TelemetryTaken", device_examples.TELEMETRY_TAKEN)},
        group="Telemetry", body=TelemetryDocument, sent=device_examples.TELEMETRY_TO_SEND,
    ),
    Call(
        "getTelemetry", "GET", "/v1/devices/{deviceId}/telemetry", HistoryView,
        "Read a device's history",
        "Oldest first: from `start` on, before `end`, up to 90 days in one range; the last day unless you say. Rolled "
        "up, `state` has the means of numbers, the sums of energies since the last update, and the last words and "
        "flags; late readings count at once.",
        {200: Answer("A page", "Telemetry", device_examples.TELEMETRY)},
        group="Telemetry", query=HistoryQuery, codes=("not_found",),
    ),
    Call(
        "listCommands", "GET", "/v1/commands", CommandsView,
        "List commands",
        "To your devices, newest first. Without webhooks, ask for `status=pending`: those are yours to take, each "
        "until its `expiresAt`. See `/docs/commands`.",
        {200: Answer("A page", "Commands", commands.COMMANDS)},
        group="Commands", query=CommandQuery,
    ),
    Call(
        "getCommand", "GET", "/v1/commands/{commandId}", CommandView,
        "Read one command", "",
        {200: Answer("The command", "Command", commands.PENDING)},
        group="Commands", codes=("not_found",),
    ),
    Call(
        "reportCommand", "POST", "/v1/commands/{commandId}/status", CommandStatusView,
        "Report on a command",
        "`accepted` or `rejected` first, then `in_progress`, `complete` or `failed`; steps may be left out, and the "
        "same may be said again. `error` says why it was rejected or failed: it is kept as it came. What contradicts a "
        "command's end is a conflict.",
        {200: Answer("The command, as it is now", "Command", commands.IN_PROGRESS)},
        group="Commands", body=CommandStatusDocument, sent=commands.STATUS_TO_SEND,
        codes=("not_found", "state_conflict"),
    ),
    Call(
        "listDeviceTypes", "GET", "/v1/device-types", DeviceTypesView,
        "Read the registry of device types",
        "What each type tells of itself, in which unit and with which sign, and which commands it takes. "
        "It is what telemetry and commands are checked against.",
        {200: Answer("A page", "DeviceTypes", device_examples.DEVICE_TYPES)},
        group="Devices", query=PageQuery,
    ),
    Call(
        "listPrograms", "GET", "/v1/programs", ProgramsView,
        "List programs that your devices may join",
        "Those in force that take a device of yours where it stands; every program in force while you have none yet.",
        {200: Answer("A page", "OfferedPrograms", device_examples.PROGRAMS)},
        group="Programs", query=PageQuery,
    ),
)  # fmt: skip
