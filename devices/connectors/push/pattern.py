"""What the registry knows of this pattern. Pure."""

from pathlib import Path

from devices.connectors.pattern import Pattern
from devices.connectors.push.documents import parse

PATTERN = Pattern(
    "push",
    "Push: the partner sends, or the portal reads its stream",
    parse=parse,
    shipped=Path(__file__).with_name("shipped"),
    command="follow_stream",
    wanted="devices.connectors.push.streams.is_wanted",
)
