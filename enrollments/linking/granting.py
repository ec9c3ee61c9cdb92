"""The end user is sent to the maker's cloud and comes back with access, which is only looked through at first."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from devices.connections import grants
from devices.connections.grants import GrantFailedError
from devices.connectors.pull.errands import of_entry
from devices.connectors.pull.parsing import parse
from devices.models import Cloud, Connection, GrantRequest
from devices.polling.looking import NotSeenError, look
from enrollments import intake
from enrollments.linking import sessions
from enrollments.linking.found import Listed, dead_end, listed, weigh
from enrollments.linking.visitor import names_visitor
from enrollments.models import LinkSession
from partners.models import Customer
from texture_portal.actors import Actor, Channel, Role
from texture_portal.refusals import Refusal

END_USER = Actor(Role.CUSTOMER, "end user", Channel.WEB)
# What the grants say of an answer that counts for nothing here, though the session may go on in its own browser.
LEAVES_THE_SESSION = {"state_unknown", "browser_differs", "used"}


class StepFailedError(Exception):
    """`code` is one of `endings.ENDINGS`. `session`: whose visit it is, where it may go on from there."""

    def __init__(self, code: str, *, session: LinkSession | None = None) -> None:
        super().__init__(code)
        self.code, self.session = code, session


def send_away(session: LinkSession, cloud: Cloud, *, redirect_uri: str, browser: str, now: datetime) -> str:
    """The address at the cloud to which the browser goes. Raises `StepFailedError`."""
    if cloud.state == Cloud.State.PAUSED:
        raise StepFailedError("away")
    try:
        with transaction.atomic():
            row = sessions.hold(session)
            sessions.give_back(row, reason="linking began again", now=now)
            begun = grants.begin(
                cloud, redirect_uri=redirect_uri, browser=browser, customer=_nobody_yet(cloud), is_provisional=True,
                now=now,
            )  # fmt: skip
            row.cloud, row.grant_request_id, row.fault = cloud, begun.request_id, ""
            row.save()
    except Refusal:
        raise StepFailedError("not_set_up") from None
    return begun.url


def come_back(answer: Mapping[str, str], *, redirect_uri: str, browser: str, now: datetime) -> LinkSession:
    """The session that goes on, with what was found. Call it outside any transaction.

    Raises `StepFailedError`: then nothing of it stays.
    """
    session = _session_of(answer, browser=browser)
    if session is not None:
        names_visitor(session)
    try:
        connection = grants.complete(answer, redirect_uri=redirect_uri, browser=browser, now=now, by=END_USER)
    except GrantFailedError as failed:
        if session is None or failed.code in LEAVES_THE_SESSION:
            raise StepFailedError(failed.code) from None
        raise _failed(session, failed.code, now=now) from None
    if session is None or not _keep(session, connection, now=now):
        sessions.end_connection(connection, reason="nobody waits for it", now=now)
        raise StepFailedError("session_over")
    return _look_around(session, connection, now=now)


def _look_around(session: LinkSession, connection: Connection, *, now: datetime) -> LinkSession:
    """What the account lists, noted."""
    try:
        devices = listed_by(connection, now=now)
    except NotSeenError as unseen:
        raise _failed(session, "not_set_up" if unseen.is_ours else "away", now=now) from None
    if not devices:
        raise _failed(session, "no_devices", now=now)
    if session.purpose == LinkSession.Purpose.LINK and (code := dead_end(weigh(session, connection.cloud, devices))):
        raise _failed(session, code, now=now)
    with transaction.atomic():
        row = sessions.hold(session)
        row.note(found=[each.as_note() for each in devices])
        row.save()
    return row


def listed_by(connection: Connection, *, now: datetime) -> list[Listed]:
    """Raises `NotSeenError`."""
    found, cloud = look(connection, now=now), connection.cloud
    document = parse(cloud.document)
    reads = {each.number: bool(of_entry(document, each)) for each in document.entries}
    sends = document.control.wordings if document.control else ()
    return [listed(each, cloud=cloud, has_telemetry=reads[each.entry], commands=sends) for each in found]


def _failed(session: LinkSession, code: str, *, now: datetime) -> StepFailedError:
    sessions.fail(session, code, now=now)
    return StepFailedError(code, session=session)


@transaction.atomic
def _keep(session: LinkSession, connection: Connection, *, now: datetime) -> bool:
    """False where the session ended while its user was away."""
    row = sessions.hold(session)
    if row.is_over(now=now):
        return False
    row.connection = connection
    row.save()
    return True


def _session_of(answer: Mapping[str, str], *, browser: str) -> LinkSession | None:
    """By the `state` that came back, in the browser that it is bound to."""
    request = GrantRequest.objects.filter(state_digest=sessions.digest(answer.get("state", ""))).first()
    session = LinkSession.objects.filter(grant_request=request).first() if request else None
    return session if session is not None and sessions.is_browser(session, browser) else None


def _nobody_yet(cloud: Cloud) -> Customer:
    """Whose access it is until somebody has agreed: one row for all of a cloud, with nothing personal in it."""
    customer = intake.customer_of(cloud.partner, f"portal:linking:{cloud.pk}")
    if customer._state.adding:
        customer.save()
    return customer
