"""Devices in the admin, and the clouds and connections through which they are reached."""

from devices.admin.clouds import CloudAdmin
from devices.admin.connections import ConnectionAdmin
from devices.admin.device import DeviceAdmin
from devices.admin.portfolios import PortfolioAdmin

__all__ = ["CloudAdmin", "ConnectionAdmin", "DeviceAdmin", "PortfolioAdmin"]
