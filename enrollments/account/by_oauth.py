"""Logging in with the maker's account: it opens what was linked from an account that has the same device now.

A cloud need not say whose account it is. So the access of today and the one that linked the device must both reach it
at this moment: who bought a device used sees nothing of the one who had it before.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from devices.models import Connection
from devices.polling.looking import NotSeenError
from enrollments.linking import sessions
from enrollments.linking.found import kept
from enrollments.linking.granting import StepFailedError, listed_by
from enrollments.models import Enrollment, LinkSession
from partners.models import Customer


def recognise(session: LinkSession, *, now: datetime) -> list[Customer]:
    """Whose devices the account holds; its access is given back at once. Call it outside any transaction.

    Raises `StepFailedError`.
    """
    names = {each.id for each in kept(session)}
    try:
        customers = _of_accounts_with(names, session, now=now)
    finally:
        _finish(session, now=now)
    if not customers:
        raise StepFailedError("no_account")
    return customers


def _of_accounts_with(names: set[str], session: LinkSession, *, now: datetime) -> list[Customer]:
    found: dict[object, Customer] = {}
    for connection, devices in _linked_from(names, session).items():
        try:
            reached = {each.id for each in listed_by(connection, now=now)}
        except NotSeenError:
            continue  # what linked them cannot be asked: an e-mail link opens them all the same
        if devices & reached and connection.customer is not None:
            found[connection.customer_id] = connection.customer
    return list(found.values())


def _linked_from(names: Iterable[str], session: LinkSession) -> dict[Connection, set[str]]:
    """Connections of end users to this cloud that reach a device of these names."""
    rows = Enrollment.objects.open().filter(
        device__manufacturer_device_id__in=list(names),
        device__connection__cloud=session.cloud_id,
        device__connection__grantor=Connection.Grantor.END_USER,
        device__connection__status=Connection.Status.ACTIVE,
    )
    by_connection: dict[Connection, set[str]] = defaultdict(set)
    for row in rows.select_related("device__connection__cloud__partner", "device__connection__customer"):
        connection = row.device.connection
        if connection is not None and connection.customer_id == row.customer_id:
            by_connection[connection].add(row.device.manufacturer_device_id)
    return by_connection


@transaction.atomic
def _finish(session: LinkSession, *, now: datetime) -> None:
    row = sessions.hold(session)
    if row.is_open:
        sessions.give_back(row, reason="it was for logging in only", now=now)
        sessions.close(row, LinkSession.State.COMPLETED, now=now)
