"""A connection is revoked: here at once, and at the cloud (RFC 7009) by whoever comes first, until that has answered.

What opened it is kept until then, since the cloud is told by it, and is destroyed after. The row is the job.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection as database
from django.db import transaction

from devices.connections import endpoint, renewal
from devices.connections.reach import withdraw_all
from devices.connections.record import save_off_record, save_on_record
from devices.models import Connection
from devices.models.connection import SECRETS
from texture_portal import jobs
from texture_portal.actors import Actor, system
from texture_portal.refusals import Refusal
from texture_portal.vault import SealBrokenError

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
BATCH = 20
BY = system("revocation")
Way, Status, Ending = Connection.Way, Connection.Status, Connection.Ending


class NotEndedError(Exception):
    """The cloud has not ended it yet; it is tried again. The message is a code of ours."""


@transaction.atomic
def revoke(connection: Connection, *, reason: str, now: datetime, by: Actor) -> None:
    """From its commit on nobody gets at the cloud through it."""
    row = renewal.hold(connection)
    if row.status == Status.REVOKED:
        raise Refusal("state_conflict", "It is revoked already.")
    mark_revoked(row, reason=reason, now=now, by=by)
    withdraw_all(row, reason=reason, now=now, by=by)


def mark_revoked(row: Connection, *, reason: str, now: datetime, by: Actor) -> None:
    """Of a row that is held, in the transaction of the cause."""
    row.status, row.broken_at, row.broken_reason = Status.REVOKED, None, ""
    row.revoked_at, row.revoked_by, row.revoked_reason = now, f"{by.role} {by.name}", reason
    row.end_attempt_at = now
    save_on_record(row, by=by, reason=f"revoked: {reason}")
    jobs.wake("connections")


@transaction.atomic
def tell_again(connection: Connection, *, now: datetime) -> None:
    """At once, at the word of staff."""
    row = renewal.hold(connection)
    if row.end_attempt_at is None:
        raise Refusal("state_conflict", "There is nothing left to tell the cloud.")
    row.end_attempt_at = now
    save_off_record(row, "end_attempt_at")
    jobs.wake("connections")


@transaction.atomic
def abandon(connection: Connection, *, now: datetime, by: Actor) -> None:
    """What opens it is destroyed here, though the cloud has not answered that it is over; safe to do twice."""
    row = renewal.hold(connection)
    if row.status != Status.REVOKED:
        raise ValueError(f"connection {row.pk} is not revoked")
    if row.ended_at is None:
        row.ending, row.ended_at, row.end_attempt_at = Ending.NOT_TOLD, now, None
        row.destroy_secrets()
        save_on_record(row, by=by, reason="abandoned: the cloud did not answer")


def end_due(*, now: datetime) -> int:
    """Tells the clouds of one batch of what was revoked; returns how many it tried."""
    due = islice(iter(lambda: _next_due(now=now), None), BATCH)
    return jobs.one_by_one(due, lambda row: _try(row, now=now), named=lambda row: f"connection {row.pk}")


def end(connection: Connection, *, now: datetime) -> str:
    """One of `Connection.Ending`, once it is over. Raises `NotEndedError`."""
    if database.in_atomic_block:
        raise RuntimeError("a cloud is not asked inside a transaction")
    row = _begin(connection, now=now)
    if row.ended_at is not None:
        return row.ending
    if row.is_being_renewed(now=now):
        raise NotEndedError(_note(row, "renewal_under_way"))
    try:
        _tell(row, now=now)
    except SealBrokenError:
        raise NotEndedError(_note(row, "unreadable")) from None
    except endpoint.EndpointError as fault:
        raise NotEndedError(_note(row, fault.code)) from None
    return _settle(row, now=now)


def _try(row: Connection, *, now: datetime) -> None:
    """That a cloud does not end it is the row's trouble, which its page shows."""
    with suppress(NotEndedError):
        end(row, now=now)


def _next_due(*, now: datetime) -> Connection | None:
    return Connection.objects.filter(end_attempt_at__lte=now).order_by("end_attempt_at").first()


@transaction.atomic
def _begin(connection: Connection, *, now: datetime) -> Connection:
    """Two may be at it at once: to a cloud the second time is like the first. Who renews it is waited for: what he
    brings is what must be ended.
    """
    row = renewal.hold(connection)
    if row.status != Status.REVOKED:
        raise ValueError(f"connection {row.pk} is not revoked")
    if row.ended_at is None:
        pause = min(FIRST_PAUSE * 2 ** min(row.end_attempts, 10), LONGEST_PAUSE)
        row.end_attempts, row.end_attempt_at = row.end_attempts + 1, now + pause
        save_off_record(row, "end_attempts", "end_attempt_at")
    return row


def _tell(row: Connection, *, now: datetime) -> None:
    """The refresh token takes the grant with it; not every cloud then ends the access token as well."""
    for kind, token in _tokens(row) if row.cloud.revoke_url else []:
        try:
            endpoint.revoke(row.cloud.revoke_url, token, kind=kind, client=renewal.client_of(row), now=now)
        except endpoint.RefusedError as fault:
            if fault.code != "grant_over":  # it is over already
                raise


def _tokens(row: Connection) -> list[tuple[str, str]]:
    held = (("refresh_token", row.secret("sealed_refresh_token")), ("access_token", row.secret("sealed_access_token")))
    return [(kind, token) for kind, token in held if token is not None]


@transaction.atomic
def _settle(row: Connection, *, now: datetime) -> str:
    row = renewal.hold(row)
    if row.ended_at is None:
        row.ending, row.ended_at, row.end_attempt_at, row.end_fault = _ending(row), now, None, ""
        row.destroy_secrets()
        save_on_record(row, by=BY, reason=row.ending)
    return row.ending


def _ending(row: Connection) -> str:
    if row.cloud.revoke_url and (row.sealed_refresh_token is not None or row.sealed_access_token is not None):
        return Ending.ENDED
    return Ending.NOT_TOLD if any(getattr(row, column) is not None for column in SECRETS) else Ending.NOTHING


def _note(row: Connection, code: str) -> str:
    row.end_fault = code
    save_off_record(row, "end_fault")
    return code
