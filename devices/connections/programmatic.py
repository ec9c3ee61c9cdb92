"""Grants that need no browser: a program's, a utility's, a fleet owner's (§3.2, §3.3)."""

from datetime import datetime

from django.db import transaction

from devices.connections import renewal
from devices.connections.record import save_on_record
from devices.models import Cloud, Connection
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal

Way, Grantor = Connection.Way, Connection.Grantor


@transaction.atomic
def connect_by_client_credentials(
    cloud: Cloud,
    *,
    grantor: str,
    name: str = "",
    client_id: str = "",
    client_secret: str = "",
    now: datetime,
    by: Actor,
) -> Connection:
    """By the client that the utility or fleet owner was given at the cloud; without one, by the portal's own."""
    if not cloud.token_url or not (client_id or cloud.client_id):
        raise Refusal("state_conflict", "This cloud has no token URL or no client id: set them first.")
    made = _new(cloud, grantor=grantor, way=Way.CLIENT_CREDENTIALS, name=name, now=now)
    made.client_id, made.scopes = client_id, cloud.scopes
    if client_id:
        made.set_secret("sealed_client_secret", client_secret)
    save_on_record(made, by=by, reason="granted by client credentials")
    return made


@transaction.atomic
def connect_by_api_key(cloud: Cloud, *, grantor: str, key: str, name: str = "", now: datetime, by: Actor) -> Connection:
    made = _new(cloud, grantor=grantor, way=Way.API_KEY, name=name, now=now)
    made.set_secret("sealed_api_key", key)
    made.renewed_at, made.generation = now, 1
    save_on_record(made, by=by, reason="granted by an API key")
    return made


@transaction.atomic
def replace_secret(connection: Connection, secret: str, *, now: datetime, by: Actor, reason: str) -> None:
    """A new API key, or client secret of its own: what was broken for want of it works again."""
    row = renewal.hold(connection)
    if row.status == Connection.Status.REVOKED:
        raise Refusal("state_conflict", "It is revoked: a new grant makes a new connection.")
    if row.way == Way.API_KEY:
        row.set_secret("sealed_api_key", secret)
        row.renewed_at, row.generation = now, row.generation + 1
    elif row.client_id:
        row.set_secret("sealed_client_secret", secret)
    else:
        raise Refusal("state_conflict", "It has no secret of its own: the cloud's client is used.")
    renewal.mend(row)
    save_on_record(row, by=by, reason=f"secret replaced: {reason}")


@transaction.atomic
def set_cloud_secret(cloud: Cloud, secret: str, *, by: Actor, reason: str) -> int:
    """The portal's own client secret there; how many connections that were broken for want of it are tried again."""
    held = Cloud.objects.select_for_update().get(pk=cloud.pk)
    held.set_client_secret(secret)
    save_on_record(held, by=by, reason=f"client secret set: {reason}")
    broken = held.connections.filter(client_id="", status=Connection.Status.BROKEN, broken_reason="client_refused")
    count = 0
    for row in broken.select_related("cloud").select_for_update(of=("self",)):
        renewal.mend(row)
        save_on_record(row, by=by, reason="the cloud's client secret was set")
        count += 1
    return count


@transaction.atomic
def try_again(connection: Connection, *, by: Actor, reason: str) -> None:
    """At the word of staff, who has mended what was wrong. The next call renews."""
    row = renewal.hold(connection)
    if row.status != Connection.Status.BROKEN:
        raise Refusal("state_conflict", "It is not broken.")
    renewal.mend(row)
    save_on_record(row, by=by, reason=f"tried again: {reason}")


def _new(cloud: Cloud, *, grantor: str, way: str, name: str, now: datetime) -> Connection:
    if grantor == Grantor.END_USER:
        raise Refusal("state_conflict", "An end user grants access in a browser, and in no other way.")
    return Connection(cloud=cloud, grantor=grantor, way=way, name=name, granted_at=now)
