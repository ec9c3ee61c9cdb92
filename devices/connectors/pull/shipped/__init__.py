"""Documents that come with the portal, to begin with: a cloud's own document is a copy that staff may change."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def names(folder: Path = FOLDER) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.json"))


def document(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Raises LookupError for one that there is not."""
    if name not in names(folder):
        raise LookupError(f"there is no shipped document {name!r}; there are {', '.join(names(folder))}")
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return found
