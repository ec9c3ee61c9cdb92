"""Answers that are kept: where an address is, who said so and when. Found and opened only by who has the address."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Q

from territories.addresses import Address
from territories.geocoding.base import Geocoder, Location
from territories.models import KnownPlace
from texture_portal import vault

PURGED_AT_ONCE = 5_000
DIGEST = "the digest of a known place"


def recall(addresses: Iterable[Address], *, chain: Sequence[Geocoder], now: datetime) -> dict[str, Location]:
    """By the address's key: what a geocoder of the chain has said and its terms and the setting still let us know."""
    oldest = {each.name: now - timedelta(days=days) for each in chain if (days := kept_days(each))}
    if not oldest:
        return {}
    keys = {_digest(address.key): address.key for address in addresses}
    rows = KnownPlace.objects.filter(digest__in=keys, geocoder__in=oldest)
    return {(key := keys[bytes(row.digest)]): _open(row, key) for row in rows if row.answered_at > oldest[row.geocoder]}


def keep(located: Mapping[str, Location], *, chain: Sequence[Geocoder], now: datetime) -> None:
    """`located` is by the address's key. A newer answer takes the place of an older one."""
    kept = {each.name for each in chain if kept_days(each)}
    rows = [
        KnownPlace(digest=_digest(key), sealed=_seal(location, key), geocoder=location.geocoder, answered_at=now)
        for key, location in located.items()
        if location.geocoder in kept
    ]
    KnownPlace.objects.bulk_create(
        sorted(rows, key=lambda row: bytes(row.digest)),  # in one order, so that two writers never wait for each other
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["sealed", "geocoder", "answered_at"],
    )


def forget(address_keys: Iterable[str]) -> int:
    """What is known of these addresses (by `Address.key`, which is also `Site.address_key`): on erasure."""
    digests = [each for key in address_keys for each in vault.derived_keys(key, purpose=DIGEST)]  # by older keys, too
    gone, _ = KnownPlace.objects.filter(digest__in=digests).delete()
    return gone


def purge(geocoders: Iterable[Geocoder], *, now: datetime) -> int:
    """Removes a slice of what is older than it may be kept, and says how much."""
    days = {each.name: kept_days(each) for each in geocoders}
    limits = [Q(geocoder=name, answered_at__lte=now - timedelta(days=each)) for name, each in days.items()]
    old = reduce(or_, limits, Q(answered_at__lte=now - timedelta(days=settings.GEOCODE_CACHE_DAYS)))
    gone, _ = KnownPlace.objects.filter(pk__in=KnownPlace.objects.filter(old).values("pk")[:PURGED_AT_ONCE]).delete()
    return gone


def kept_days(geocoder: Geocoder) -> int:
    if not geocoder.asks_outside:
        return 0
    allowed: int = settings.GEOCODE_CACHE_DAYS
    return allowed if geocoder.keeps_days is None else min(allowed, geocoder.keeps_days)


def _digest(address_key: str) -> bytes:
    return vault.derived_key(address_key, purpose=DIGEST)


def _seal(location: Location, address_key: str) -> bytes:
    key = vault.derived_key(address_key, purpose="the seal of a known place")
    return vault.seal_with(key, json.dumps(asdict(location)).encode(), place="known place")


def _open(row: KnownPlace, address_key: str) -> Location:
    key = vault.derived_key(address_key, purpose="the seal of a known place")
    return Location(**json.loads(vault.open_with(key, row.sealed, place="known place")))
