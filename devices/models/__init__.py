"""Customers' devices, and what is known of them."""

from devices.models.device import Device

__all__ = ["Device"]
