"""The calls of contract §5 that need nothing but devices."""

from typing import Any, ClassVar

from devices.kinds import KINDS
from devices.presentation import show_kind
from partners.pagination import PageQuery, page_of
from partners.views import Answer, Call, PartnerView


class DeviceTypesView(PartnerView):
    scopes: ClassVar = {"GET": "devices:read"}

    def get(self, call: Call) -> Answer:
        asked: dict[str, Any] = call.query_params(PageQuery)
        return Answer(200, page_of(list(KINDS.values()), limit=asked["limit"], cursor=asked["cursor"], shape=show_kind))
