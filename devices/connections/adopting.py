"""A grant that was only looked through becomes a customer's: they have agreed on our page to what it is for."""

from datetime import datetime

from django.db import transaction

from devices.connections import renewal
from devices.connections.record import save_on_record
from devices.models import Connection
from partners.models import Customer
from texture_portal.actors import Actor
from texture_portal.refusals import Refusal


@transaction.atomic
def adopt(connection: Connection, customer: Customer, *, now: datetime, by: Actor) -> Connection:
    """Raises `Refusal` where it is no longer provisional, broken or revoked, or the customer is another partner's."""
    row = renewal.hold(connection)
    if not row.is_provisional or row.status != Connection.Status.ACTIVE:
        raise Refusal("state_conflict", "The grant is not waiting for anybody.")
    if customer.partner_id != row.cloud.partner_id:
        raise Refusal("state_conflict", "The customer is another partner's than the cloud.")
    row.customer, row.is_provisional = customer, False
    save_on_record(row, by=by, reason="agreed to on the linking page")
    return row
