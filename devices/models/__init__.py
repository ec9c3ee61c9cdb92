"""Customers' devices, the grants and clouds through which they are reached, and what is known of them."""

from devices.models.certification import CertificationRun, CheckResult, Waiver
from devices.models.cloud import Cloud
from devices.models.command import Command, CommandAttempt, CommandChange, CommandReport
from devices.models.connection import Connection, GrantRequest
from devices.models.device import Device, SignOfLife
from devices.models.export import TelemetryExport
from devices.models.polling import (
    Allowance,
    CallBucket,
    ConnectorDocument,
    DiscoveredDevice,
    MakerBucket,
    Poll,
    Standing,
)
from devices.models.portfolio import Portfolio, PortfolioDevice, PortfolioRevocation, Withdrawal
from devices.models.stream import ReadingRefusal, StreamPosition
from devices.models.telemetry import DeviceState, Layout, Reading, Rollup, StaleHour

__all__ = [
    "Allowance",
    "CallBucket",
    "CertificationRun",
    "CheckResult",
    "Cloud",
    "Command",
    "CommandAttempt",
    "CommandChange",
    "CommandReport",
    "Connection",
    "ConnectorDocument",
    "Device",
    "DeviceState",
    "DiscoveredDevice",
    "GrantRequest",
    "Layout",
    "MakerBucket",
    "Poll",
    "Portfolio",
    "PortfolioDevice",
    "PortfolioRevocation",
    "Reading",
    "ReadingRefusal",
    "Rollup",
    "SignOfLife",
    "StaleHour",
    "Standing",
    "StreamPosition",
    "TelemetryExport",
    "Waiver",
    "Withdrawal",
]
