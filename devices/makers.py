"""Who made a partner's devices (§3.3): one name in capitals or not, with one space or two, is one maker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min

from partners.models import Partner
from partners.models.partner import same_name


@dataclass(frozen=True, slots=True)
class Maker:
    """`name` is how it is shown: as it is on record for the partner, else as its first device was enrolled."""

    key: str
    name: str
    spellings: tuple[str, ...]
    devices: int


def makers_of(partner: Partner) -> list[Maker]:
    """Of whom it has devices, those with the most first."""
    counted = partner.devices.order_by().values_list("manufacturer").annotate(Count("pk"), Min("created_at"))
    by_key: dict[str, list[tuple[datetime, str, int]]] = {}
    for spelled, number, first_at in counted:
        by_key.setdefault(same_name(spelled), []).append((first_at, spelled, number))
    on_record = {same_name(name): name for name in partner.manufacturers}
    found = [_maker(key, sorted(spelled), on_record.get(key)) for key, spelled in by_key.items()]
    return sorted(found, key=lambda maker: (-maker.devices, maker.key))


def spellings_of(partner: Partner, maker: str) -> Sequence[str]:
    """As this maker's devices were enrolled."""
    return next((each.spellings for each in makers_of(partner) if each.key == same_name(maker)), ())


def _maker(key: str, spelled: list[tuple[Any, str, int]], on_record: str | None) -> Maker:
    names = tuple(name for _, name, _ in spelled)
    return Maker(key, on_record or names[0], names, sum(number for _, _, number in spelled))
