"""Planned maintenance as partners tell of it themselves (§7.1): each call parses, calls one verb and answers.

It is told of like whatever else happens on their side, so it takes the scopes of events: the contract's list (§2.1) is
closed, and clients have theirs already.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from partners import maintenance
from partners.models import Maintenance
from partners.models.maintenance import LONGEST_WORDS
from partners.pagination import Order, PageQuery, page
from partners.views import Answer, Call, Effect, PartnerView
from partners.wire import Instant, Text, WireSerializer
from texture_portal.refusals import Refusal

READ, WRITE = "events:read", "events:write"
NEWEST_FIRST = Order("newest", "announced_at", descending=True)


class MaintenanceDocument(WireSerializer):
    what = Text(max_length=LONGEST_WORDS)
    starts_at = Instant()
    ends_at = Instant()


class MaintenancesView(PartnerView):
    scopes: ClassVar = {"GET": READ, "POST": WRITE}

    def get(self, call: Call) -> Answer:
        asked = call.query_params(PageQuery)

        def shape(planned: Maintenance) -> dict[str, Any]:
            return show(planned, now=call.now)

        rows = call.partner.maintenances.all()
        return Answer(200, page(rows, order=NEWEST_FIRST, limit=asked["limit"], cursor=asked["cursor"], shape=shape))

    def post(self, call: Call) -> Effect:
        read = call.read(MaintenanceDocument)

        def effect() -> Answer:
            made = maintenance.announce(call.partner, **read, now=call.now, by=call.actor)
            return Answer(201, show(made, now=call.now), {"Location": f"/v1/maintenance/{made.pk}"})

        return effect


class MaintenanceView(PartnerView):
    scopes: ClassVar = {"GET": READ, "DELETE": WRITE}

    def get(self, call: Call, *, maintenance_id: UUID) -> Answer:
        return Answer(200, show(_theirs(call, maintenance_id), now=call.now))

    def delete(self, call: Call, *, maintenance_id: UUID) -> Effect:
        call.read_nothing()

        def effect() -> Answer:
            withdrawn = maintenance.cancel(_theirs(call, maintenance_id), now=call.now, by=call.actor)
            return Answer(200, show(withdrawn, now=call.now))

        return effect


def show(planned: Maintenance, *, now: datetime) -> dict[str, Any]:
    """Of staff the role alone: their names are not the partner's to know."""
    return {
        "id": planned.pk,
        "what": planned.what,
        "startsAt": planned.starts_at,
        "endsAt": planned.ends_at,
        "status": planned.standing(now=now),
        "excluded": planned.is_excluded,
        "announcedAt": planned.announced_at,
        "announcedBy": planned.announcing_role,
        "withdrawnAt": planned.cancelled_at,
        "withdrawnBy": planned.cancelling_role or None,
    }


def _theirs(call: Call, maintenance_id: UUID) -> Maintenance:
    planned = call.partner.maintenances.filter(pk=maintenance_id).first()
    if planned is None:
        raise Refusal("not_found", "You have no planned maintenance of this id.")
    return planned
