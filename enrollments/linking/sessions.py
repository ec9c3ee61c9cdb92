"""Link sessions as verbs: made, opened in one browser, and ended with everything that was half done given back."""

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from devices.connections import ending, renewal
from devices.models import Connection
from enrollments.linking import makers
from enrollments.linking.asked import Asked
from enrollments.models import Enrollment, LinkSession
from enrollments.partner_sandbox import maker
from enrollments.states import State
from partners.models import Partner
from programs.models import Program
from texture_portal import jobs, vault
from texture_portal.actors import Actor, system
from texture_portal.refusals import Fault, Refusal

LASTS = timedelta(hours=1)  # contract §3
KEPT = timedelta(days=90)  # after its end
BATCH = 50
BY = system("linking")


class NotYoursError(Exception):
    """Of another browser, or of nobody: whoever asks learns nothing of it."""


def make(partner: Partner, asked: Asked, *, now: datetime) -> LinkSession:
    """By a partner, for one device of its customer. Raises `Refusal`."""
    if asked.redirect_url and asked.redirect_url not in partner.redirect_urls:
        fault = Fault("/redirectUrl", "invalid", "It is not among the redirect URLs that are registered for you.")
        raise Refusal("validation_failed", "The request names a URL that is not registered.", (fault,))
    enrollment = _enrollment_asked(partner, asked)
    session = LinkSession(
        partner=partner,
        enrollment=enrollment,
        manufacturer_device_id=enrollment.device.manufacturer_device_id if enrollment else asked.device_id,
        customer_reference=asked.customer_reference,
        redirect_url=asked.redirect_url,
        language=asked.language,
        manufacturer_filters=list(asked.manufacturer_filters),
        created_at=now,
        expires_at=now + LASTS,
    )
    maker.lend(partner)
    if not makers.offered(session):
        raise Refusal("state_conflict", "None of your clouds can be linked at: ask support to set up OAuth for it.")
    session.save(force_insert=True)
    return session


def begin(
    *, purpose: LinkSession.Purpose, program: Program | None = None, language: str, browser: str, now: datetime
) -> LinkSession:
    """By a visitor, in their own browser."""
    return LinkSession.objects.create(
        purpose=purpose,
        state=LinkSession.State.OPENED,
        program=program,
        language=language,
        browser_digest=digest(browser),
        created_at=now,
        opened_at=now,
        expires_at=now + LASTS,
    )


def mac(session_id: UUID) -> str:
    """Stands in the session's address beside its id: who has it was given it by the partner."""
    return _macs(session_id)[0]


def is_mac(session_id: UUID, given: str) -> bool:
    return any(hmac.compare_digest(each.encode(), given.encode()) for each in _macs(session_id))


@transaction.atomic
def open_in(session: LinkSession, *, browser: str, now: datetime) -> LinkSession:
    """Binds it to this browser for good. Raises `NotYoursError` where another was first, or it is over."""
    row = hold(session)
    if row.is_over(now=now):
        raise NotYoursError
    if row.state == LinkSession.State.CREATED:
        row.state, row.opened_at, row.browser_digest = LinkSession.State.OPENED, now, digest(browser)
        row.save()
    if not is_browser(row, browser):
        raise NotYoursError
    return row


def is_browser(session: LinkSession, browser: str) -> bool:
    held = session.browser_digest
    return held is not None and hmac.compare_digest(bytes(held), digest(browser))


@transaction.atomic
def leave(session: LinkSession, *, now: datetime) -> LinkSession:
    """The end user goes: nothing of it stays. One that is closed stays as it is."""
    row = hold(session)
    if row.is_open:
        give_back(row, reason="the end user left", now=now)
        close(row, LinkSession.State.EXITED, now=now)
    return row


@transaction.atomic
def fail(session: LinkSession, code: str, *, now: datetime) -> LinkSession:
    """A step failed: what was gathered is given back, so that the end user can begin again, or leave."""
    row = hold(session)
    if row.is_open:
        give_back(row, reason=f"linking ended: {code}", now=now)
        row.fault = code
        row.save()
    return row


def give_back(row: LinkSession, *, reason: str, now: datetime, by: Actor = BY) -> None:
    """Of a session that is held: access that nothing came of ends at once, here and at the OEM. Not saved yet."""
    if row.connection is not None:
        end_connection(row.connection, reason=reason, now=now, by=by)
    row.connection = row.cloud = row.grant_request = None
    row.forget_notes()


@transaction.atomic
def end_connection(connection: Connection, *, reason: str, now: datetime, by: Actor = BY) -> None:
    """Safe to do twice."""
    held = renewal.hold(connection)
    if held.status != Connection.Status.REVOKED:
        ending.mark_revoked(held, reason=reason, now=now, by=by)


def close(row: LinkSession, state: LinkSession.State, *, now: datetime) -> None:
    row.state, row.closed_at = state, now
    row.forget_notes()
    row.save()


def hold(session: LinkSession) -> LinkSession:
    rows = LinkSession.objects.select_for_update(of=("self",))
    return rows.select_related("partner", "program", "cloud__partner", "connection", "grant_request").get(pk=session.pk)


@transaction.atomic
def run_out(session: LinkSession, *, now: datetime) -> None:
    """Its hour is up early."""
    row = hold(session)
    row.expires_at = now
    row.save()
    _expire(row, now=now)


def work_off(*, now: datetime) -> int:
    """Ends those whose hour is up, and forgets those of long ago."""
    due = list(LinkSession.objects.filter(closed_at=None, expires_at__lte=now).order_by("expires_at")[:BATCH])
    done = jobs.one_by_one(due, lambda row: _expire(row, now=now), named=lambda row: f"link session {row.pk}")
    _end_forgotten(now=now)
    LinkSession.objects.filter(closed_at__lt=now - KEPT).delete()
    return done


def _end_forgotten(*, now: datetime) -> None:
    """Access that came while a process died, so that no session knows of it."""
    forgotten = Connection.objects.filter(is_provisional=True, granted_at__lt=now - 2 * LASTS, link_sessions=None)
    for connection in forgotten.exclude(status=Connection.Status.REVOKED)[:BATCH]:
        end_connection(connection, reason="nobody waits for it", now=now)


@transaction.atomic
def _expire(session: LinkSession, *, now: datetime) -> None:
    row = hold(session)
    if row.is_open and now >= row.expires_at:
        give_back(row, reason="the link session expired", now=now)
        close(row, LinkSession.State.EXPIRED, now=now)


def _macs(session_id: UUID) -> list[str]:
    return [key[:24].hex() for key in vault.derived_keys(str(session_id), purpose="link-session")]


def _enrollment_asked(partner: Partner, asked: Asked) -> Enrollment | None:
    """The enrollment that is to be linked; None where the device is not enrolled yet."""
    own = Enrollment.objects.filter(partner=partner).select_related("device")
    if asked.enrollment_id is None:
        return own.open().filter(device__manufacturer_device_id=asked.device_id).first()
    enrollment = own.filter(pk=asked.enrollment_id).first()
    if enrollment is None:
        raise Refusal("not_found", "You have no enrollment of this id.")
    if enrollment.state == State.REVOKED:
        raise Refusal("state_conflict", "The enrollment is revoked: there is nothing to link.")
    return enrollment


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
