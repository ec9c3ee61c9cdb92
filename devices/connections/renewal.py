"""New tokens for a connection: one worker asks at a time, and what it gets is committed before anybody uses it.

A refresh token is good once, so whoever renews claims the row first: under its lock, reading it anew, for as long as
one call may take. The cloud is asked outside any transaction. A claim that was never settled (its worker died) and an
answer that never came leave a mark, `unanswered`: the cloud may have used up the token that we still hold. That one is
sent once more, since the request may never have arrived and many clouds allow for it; where the cloud then says no, the
new token is lost for good and the connection is broken, as `renewal_lost`. Nothing is tried in a circle.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction

from devices.connections import endpoint
from devices.connections.record import save_off_record, save_on_record
from devices.models import Connection
from texture_portal.actors import system

CLAIM = timedelta(seconds=60)  # longer than one call of the cloud
NEW = timedelta(minutes=2)  # a token that is refused at this age was never good
MOST_REFUSALS = 3  # of new tokens in a row
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)
BY = system("renewal")
Way, Status = Connection.Way, Connection.Status


@dataclass(frozen=True, slots=True)
class Claim:
    """`generation` is of the tokens that are to be replaced; `until` tells this claim from any other."""

    connection: Connection
    generation: int
    until: datetime
    form: dict[str, str] = field(repr=False)
    client: endpoint.Client


@transaction.atomic
def claim(connection: Connection, *, generation: int, is_refused: bool, now: datetime) -> Claim | None:
    """None where there is nothing to do for us: others have renewed, renew now, have failed of late, or it is over.

    `is_refused`: the cloud has refused the present token. Raises `vault.SealBrokenError`, and claims nothing.
    """
    row = hold(connection)
    if row.generation != generation or row.status != Status.ACTIVE or row.is_being_renewed(now=now):
        return None
    if row.renew_not_before is not None and now < row.renew_not_before:
        return None
    if is_refused:
        row.refusals = row.refusals + 1 if row.renewed_at is not None and now - row.renewed_at < NEW else 0
    if breach := _breach(row):
        break_off(row, breach, now=now)
        return None
    claimed = Claim(row, generation, now + CLAIM, _form(row), client_of(row))
    if row.renewing_until is not None:
        row.unanswered += 1  # whoever claimed it before us has died
    row.renewing_until = claimed.until
    save_off_record(row, "renewing_until", "unanswered", "refusals")
    return claimed


def carry_out(claimed: Claim, *, now: datetime) -> None:
    """Asks the cloud, and writes down what came of it."""
    if database.in_atomic_block:
        raise RuntimeError("a cloud is not asked inside a transaction")
    url = claimed.connection.cloud.token_url
    try:
        tokens = endpoint.tokens(url, claimed.form, client=claimed.client, now=now)
    except endpoint.RefusedError as fault:
        _settle_refused(claimed, fault.code, now=now)
    except endpoint.AwayError as fault:
        _settle_away(claimed, fault, now=now)
    else:
        _settle(claimed, tokens, now=now)


def hold(connection: Connection) -> Connection:
    """The row as it is now, locked until the transaction ends."""
    rows = Connection.objects.select_related("cloud").select_for_update(of=("self",))
    return rows.get(pk=connection.pk)


def client_of(row: Connection) -> endpoint.Client:
    """Its own where it has one, or else the portal's at that cloud."""
    cloud = row.cloud
    if row.client_id:
        return endpoint.Client(row.client_id, row.secret("sealed_client_secret"), cloud.client_proof)
    return endpoint.Client(cloud.client_id, cloud.client_secret, cloud.client_proof)


def keep_tokens(row: Connection, tokens: endpoint.Tokens, *, now: datetime) -> None:
    """Puts them into the row, which is to be saved. A cloud that gives no new refresh token lets the old one go on."""
    row.set_secret("sealed_access_token", tokens.access)
    if tokens.refresh is not None and row.way == Way.AUTHORIZATION_CODE:
        row.set_secret("sealed_refresh_token", tokens.refresh)
    if tokens.scopes is not None:
        row.scopes = list(tokens.scopes)
    row.expires_at = None if tokens.lasts is None else now + tokens.lasts
    row.renewed_at, row.generation = now, row.generation + 1
    row.unanswered = row.failures = 0
    row.last_fault, row.renewing_until, row.renew_not_before = "", None, None


def break_off(row: Connection, reason: str, *, now: datetime) -> None:
    row.status, row.broken_at, row.broken_reason, row.last_fault = Status.BROKEN, now, reason, reason
    row.renewing_until = None
    save_on_record(row, by=BY, reason=reason)


def mend(row: Connection) -> None:
    """Not saved yet."""
    row.status, row.broken_at, row.broken_reason = Status.ACTIVE, None, ""
    row.unanswered = row.failures = row.refusals = 0
    row.last_fault, row.renewing_until, row.renew_not_before = "", None, None


@transaction.atomic
def _settle(claimed: Claim, tokens: endpoint.Tokens, *, now: datetime) -> None:
    """Kept even where the claim had run out, as long as nobody brought newer ones: they are all there is.

    Kept in a connection that was revoked meanwhile too, so that these are the ones that the cloud is told to end.
    """
    row = hold(claimed.connection)
    if row.generation != claimed.generation or row.ended_at is not None:
        return
    was_broken = row.status == Status.BROKEN
    if was_broken:
        mend(row)
    keep_tokens(row, tokens, now=now)
    if was_broken:
        save_on_record(row, by=BY, reason="an answer came late")
    else:
        save_off_record(row)


@transaction.atomic
def _settle_refused(claimed: Claim, code: str, *, now: datetime) -> None:
    row = hold(claimed.connection)
    if row.renewing_until != claimed.until:
        return
    if row.status == Status.ACTIVE:
        break_off(row, "renewal_lost" if code == "grant_over" and row.unanswered else code, now=now)
    else:
        _let_go(row, code)


@transaction.atomic
def _settle_away(claimed: Claim, fault: endpoint.AwayError, *, now: datetime) -> None:
    row = hold(claimed.connection)
    if row.renewing_until != claimed.until:
        return
    row.failures += 1
    row.unanswered += fault.is_unsure
    pause = min(FIRST_PAUSE * 2 ** min(row.failures - 1, 10), LONGEST_PAUSE)
    row.renew_not_before = now + max(pause, fault.pause or pause)
    _let_go(row, fault.code)


def _let_go(row: Connection, code: str) -> None:
    row.renewing_until, row.last_fault = None, code
    save_off_record(row)


def _breach(row: Connection) -> str:
    """Why it is of no use to ask; "" where it is."""
    if row.way == Way.AUTHORIZATION_CODE and row.sealed_refresh_token is None:
        return "no_refresh_token"
    return "token_refused" if row.refusals > MOST_REFUSALS else ""


def _form(row: Connection) -> dict[str, str]:
    asked = {**row.cloud.token_parameters}
    if row.way == Way.AUTHORIZATION_CODE:
        refresh = row.secret("sealed_refresh_token")
        return asked | {"grant_type": "refresh_token", "refresh_token": refresh or ""}
    scope = {"scope": " ".join(row.cloud.scopes)} if row.cloud.scopes else {}
    return asked | scope | {"grant_type": "client_credentials"}
