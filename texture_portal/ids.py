"""Identifiers that the portal makes: UUIDs of version 7, so that rows sort by when they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
