"""Utilities as partners see them."""

from typing import Any

from territories.models import Utility


def show_utility(utility: Utility | None) -> dict[str, Any] | None:
    if utility is None:
        return None
    return {"id": str(utility.pk), "name": utility.name, "eiaId": utility.eia_id, "segment": utility.segment}
