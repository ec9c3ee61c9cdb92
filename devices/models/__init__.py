"""Customers' devices, the grants and clouds through which they are reached, and what is known of them."""

from devices.models.cloud import Cloud
from devices.models.connection import Connection, GrantRequest
from devices.models.device import Device
from devices.models.portfolio import Portfolio, PortfolioDevice, Withdrawal

__all__ = ["Cloud", "Connection", "Device", "GrantRequest", "Portfolio", "PortfolioDevice", "Withdrawal"]
