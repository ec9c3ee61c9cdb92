"""Devices in the admin, and the clouds and connections through which they are reached."""

from devices.admin.clouds import CloudAdmin
from devices.admin.commands import CommandAdmin
from devices.admin.connections import ConnectionAdmin
from devices.admin.connector import ConnectorDocumentAdmin
from devices.admin.device import DeviceAdmin
from devices.admin.polling import CallBucketAdmin, DiscoveredDeviceAdmin, PollAdmin
from devices.admin.portfolios import PortfolioAdmin
from devices.admin.streams import ReadingRefusalAdmin, StreamPositionAdmin, TelemetryExportAdmin

__all__ = [
    "CallBucketAdmin",
    "CloudAdmin",
    "CommandAdmin",
    "ConnectionAdmin",
    "ConnectorDocumentAdmin",
    "DeviceAdmin",
    "DiscoveredDeviceAdmin",
    "PollAdmin",
    "PortfolioAdmin",
    "ReadingRefusalAdmin",
    "StreamPositionAdmin",
    "TelemetryExportAdmin",
]
