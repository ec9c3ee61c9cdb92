"""What the registry knows of this pattern. Pure."""

from devices.connectors.pattern import Pattern
from devices.connectors.pull import shipped
from devices.connectors.pull.parsing import parse

PATTERN = Pattern("pull", "Pull: the portal polls it", parse=parse, shipped=shipped.FOLDER)
