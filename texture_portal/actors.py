"""Who acts, and through what: carried by every verb, written on every audit row."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    PARTNER = "partner"
    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


class Channel(StrEnum):
    API = "api"
    ADMIN = "admin"
    WEB = "web"
    JOB = "job"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` identifies whoever acts within the role: a partner's id, a staff user's name, a job's name.

    `original_id` and `original_digest` are of the signed request that they act by, where one is kept.
    """

    role: Role
    name: str
    channel: Channel
    request_id: UUID | None = None
    user_id: int | None = None
    original_id: UUID | None = None
    original_digest: bytes | None = None

    def resting_on(self, original_id: UUID, *, digest: bytes) -> "Actor":
        return replace(self, original_id=original_id, original_digest=bytes(digest))


def system(name: str, *, channel: Channel = Channel.JOB) -> Actor:
    return Actor(Role.SYSTEM, name, channel)


def staff(*, user_id: int, name: str) -> Actor:
    return Actor(Role.STAFF, name, Channel.ADMIN, user_id=user_id)


def partner(partner_id: UUID, *, request_id: UUID) -> Actor:
    return Actor(Role.PARTNER, str(partner_id), Channel.API, request_id=request_id)
