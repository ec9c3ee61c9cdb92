"""What is said when the portal starts, rather than when the first address comes."""

from typing import Any

from django.core.checks import CheckMessage, Error

from territories.geocoding.geocoders import configuration_faults


def check_geocoders(**options: Any) -> list[CheckMessage]:
    return [Error(fault, id="territories.E001") for fault in configuration_faults()]
