"""The portal's own secrets, and how each is exchanged for a new one while everything runs. Pure.

A ring is a list of keys: the first signs or seals, all verify or open. A new key comes in at the end (`announce`), so
that every process knows it before any uses it; then it moves to the front (`promote`); then the old ones go (`drop`).
Between two steps all processes begin anew (SIGHUP to `serve`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PENDING = "ANNOUNCED"  # in the file: the rings whose last key has been announced, and not yet promoted
FALLBACKS = "SECRET_KEY_FALLBACKS"


class RotationError(Exception):
    """The step cannot be taken now; the message says why and what to do."""


class Ring(StrEnum):
    SECRET_KEY = "SECRET_KEY"  # noqa: S105 -- its name
    DATA_KEYS = "DATA_KEYS"
    CHECKPOINT_KEY = "CHECKPOINT_KEY"


MEANINGS = {
    Ring.SECRET_KEY: "Signs sessions of staff and visitors, and what wakes workers",
    Ring.DATA_KEYS: "Seal secrets and personal data at rest",
    Ring.CHECKPOINT_KEY: "Signs checkpoints of the audit trail, evidence bundles, and certificates of deletion",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """What is on a ring; `is_pending`: the last one is announced, and does not sign yet."""

    keys: tuple[str, ...]
    is_pending: bool = False

    def announce(self, new: str) -> "Keys":
        if self.is_pending:
            raise RotationError("A new key is announced already. Remedy: take the step `promote`.")
        return Keys((*self.keys, new), is_pending=True)

    def promote(self) -> "Keys":
        if not self.is_pending:
            raise RotationError("No key is announced. Remedy: take the step `announce` first.")
        return Keys((self.keys[-1], *self.keys[:-1]))

    def drop(self, gone: str) -> "Keys":
        if self.is_pending:
            raise RotationError("A new key is announced. Remedy: take the step `promote` first.")
        if gone not in self.keys[1:]:
            raise RotationError("Only a key that signs and seals no more can be dropped.")
        return Keys(tuple(each for each in self.keys if each != gone))


def keys_of(kept: Mapping[str, str], ring: Ring) -> Keys:
    first, rest = kept.get(ring, ""), kept.get(FALLBACKS, "") if ring == Ring.SECRET_KEY else ""
    listed = [first, *rest.split(",")] if ring == Ring.SECRET_KEY else first.split(",")
    return Keys(tuple(each for each in listed if each), is_pending=ring in kept.get(PENDING, "").split(","))


def with_keys(kept: Mapping[str, str], ring: Ring, wanted: Keys) -> dict[str, str]:
    """The file's content with these keys on the ring."""
    pending = {each for each in kept.get(PENDING, "").split(",") if each} - {str(ring)}
    pending |= {str(ring)} if wanted.is_pending else set()
    changed = {name: value for name, value in kept.items() if name not in (PENDING, FALLBACKS)}
    fallbacks = wanted.keys[1:] if ring == Ring.SECRET_KEY else keys_of(kept, Ring.SECRET_KEY).keys[1:]
    changed[ring] = wanted.keys[0] if ring == Ring.SECRET_KEY else ",".join(wanted.keys)
    changed |= {FALLBACKS: ",".join(fallbacks)} if fallbacks else {}
    return changed | ({PENDING: ",".join(sorted(pending))} if pending else {})
