"""`GET /v1/programs` (contract §5)."""

from typing import ClassVar

from partners.pagination import NEWEST_FIRST, PageQuery, page
from partners.views import Answer, Call, PartnerView
from programs.offers import offered_to
from programs.presentation import show_offer


class ProgramsView(PartnerView):
    scopes: ClassVar = {"GET": "programs:read"}

    def get(self, call: Call) -> Answer:
        asked = call.query_params(PageQuery)
        rows = offered_to(call.partner, now=call.now)
        return Answer(
            200, page(rows, order=NEWEST_FIRST, limit=asked["limit"], cursor=asked["cursor"], shape=show_offer)
        )
