"""Every way in which devices come in (§2), one entry each: a new one is a folder here, and its line below."""

from devices.connectors.native.pattern import PATTERN as NATIVE
from devices.connectors.pattern import Pattern
from devices.connectors.pull.pattern import PATTERN as PULL
from devices.connectors.push.pattern import PATTERN as PUSH

PATTERNS = {each.name: each for each in (PULL, PUSH, NATIVE)}
WITH_A_DOCUMENT = [each.name for each in PATTERNS.values() if each.has_document]


def choices() -> list[tuple[str, str]]:
    return [(each.name, each.label) for each in PATTERNS.values()]


def processes() -> list[Pattern]:
    """Those that need a process of their own."""
    return [each for each in PATTERNS.values() if each.command]
