"""What the rest of the portal knows of a way in which devices come in (§2). Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.connectors.pull.documents import Document


@dataclass(frozen=True, slots=True)
class Pattern:
    """One folder beside this file.

    `parse` reads a cloud's document, and raises `DocumentError`; None: there is none. `shipped` holds documents to
    begin with. `command` is a process of its own, which `serve` keeps running while `wanted`, the path of a function
    without arguments, says so.
    """

    name: str
    label: str
    parse: Callable[[Any], Document] | None = None
    shipped: Path | None = None
    command: str = ""
    wanted: str = ""

    @property
    def has_document(self) -> bool:
        return self.parse is not None
