"""`POST /v1/telemetry` (contract §5)."""

from dataclasses import asdict
from typing import Any, ClassVar

from devices.telemetry import documents, taking
from devices.telemetry.documents import TelemetryDocument
from devices.telemetry.taking import Rejected
from partners.idempotency import KEPT_BRIEFLY
from partners.views import MEBIBYTE, Answer, Call, Effect, PartnerView


class TelemetryView(PartnerView):
    scopes: ClassVar = {"POST": "telemetry:write"}
    max_body: ClassVar = 16 * MEBIBYTE  # contract §1
    retention: ClassVar = KEPT_BRIEFLY

    def post(self, call: Call) -> Effect:
        observed, malformed = documents.read(call.read(TelemetryDocument)["readings"])
        places = list(observed)
        weighed = taking.weigh(call.partner, list(observed.values()), now=call.now)

        def effect() -> Answer:
            taken = taking.keep(weighed, now=call.now)
            found = [Rejected(places[each.index], each.code, each.detail) for each in taken.rejected]
            return Answer(202, _shown(taken.accepted, taken.duplicates, [*malformed, *found]))

        return effect


def _shown(accepted: int, duplicates: int, rejected: list[Rejected]) -> dict[str, Any]:
    rejected.sort(key=lambda each: each.index)
    return {"accepted": accepted, "duplicates": duplicates, "rejected": [asdict(each) for each in rejected]}
