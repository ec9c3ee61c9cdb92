"""Devices in the admin, and the clouds and connections through which they are reached."""

from devices.admin.device import DeviceAdmin

__all__ = ["DeviceAdmin"]
