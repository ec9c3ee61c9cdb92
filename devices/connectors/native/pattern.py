"""What the registry knows of this pattern. Pure."""

from devices.connectors.pattern import Pattern

PATTERN = Pattern(
    "native",
    "Native: devices report to the portal",
    command="ingest_mqtt",
    wanted="devices.connectors.native.stream.is_wanted",
)
