"""How each refusal is brought about that only some calls give: what stands against it is what the portal knows."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from contract import grid
from contract.payloads import again, ago, changed, consent, endpoint, enrollment, event, planned

from partners.maintenance import MOST_COMING
from partners.models import WebhookEndpoint
from partners.webhooks.endpoints import MOST_ENDPOINTS, disable
from texture_portal import clock
from texture_portal.openapi.calls.call import Call

from .portal import TROUBLE, Exchange, Portal, revoke, revoke_consent


def _nobody(portal: Portal, call: Call) -> Exchange:
    path = re.sub(r"{\w+}", str(uuid.uuid4()), call.path)
    body = event("consent.expired", str(uuid.uuid4())) if call.name == "sendEvent" else portal.good(call)
    body = {"enrollmentId": str(uuid.uuid4())} if call.name == "makeLinkSession" else body
    return portal.send(portal.oem.draft(call.method, path, body))


def _ended(portal: Portal, call: Call) -> Exchange:
    if call.name == "sendEvent":
        return portal.ask(call, {**portal.event(), "occurredAt": ago(days=1)})
    if call.name == "addWebhookEndpoint":
        return _one_endpoint_too_many(portal, call)
    if call.name == "reportCommand":
        path = call.path.replace("{commandId}", portal.command())
        assert portal.oem.post(path, {**portal.good(call), "status": "complete"}).status == 200
        return portal.send(portal.oem.draft("POST", path, portal.good(call) | {"status": "failed"}))
    if call.name == "testWebhookEndpoint":
        return _disabled_endpoint(portal, call)
    if call.name == "announceMaintenance":
        return _one_outage_too_many(portal, call)
    if call.name == "withdrawMaintenance":
        return _withdrawn(portal, call)
    if call.name == "sendEvidence":
        made = portal.oem.enrolled(enrollment(consent={"optedIn": False}))["id"]
    else:
        made = portal.made()["id"]
        revoke(made)
    if call.name == "makeLinkSession":
        return portal.ask(call, {"enrollmentId": made})
    return portal.send(portal.oem.draft(call.method, call.path.replace("{enrollmentId}", made), portal.good(call)))


def _one_endpoint_too_many(portal: Portal, call: Call) -> Exchange:
    partner = portal.new_partner()
    for _ in range(MOST_ENDPOINTS):
        assert partner.post(call.path, endpoint()).status == 201
    return portal.send(partner.draft("POST", call.path, endpoint()), partner)


def _one_outage_too_many(portal: Portal, call: Call) -> Exchange:
    partner = portal.new_partner()
    for _ in range(MOST_COMING):
        assert partner.post(call.path, planned()).status == 201
    return portal.send(partner.draft("POST", call.path, planned()), partner)


def _withdrawn(portal: Portal, call: Call) -> Exchange:
    request = portal.draft(call)
    assert portal.send(request)[1].status == 200
    return portal.send(portal.oem.draft(call.method, request.path, portal.good(call)))


def _disabled_endpoint(portal: Portal, call: Call) -> Exchange:
    request = portal.draft(call)
    disable(WebhookEndpoint.objects.get(pk=request.path.split("/")[3]), now=clock.now(), by=TROUBLE, reason="A test.")
    return portal.send(request)


def _consenting(given: Callable[[], dict[str, Any]]) -> Callable[[Portal, Call], Exchange]:
    return lambda portal, call: portal.ask(call, given() if call.name == "giveConsent" else enrollment(consent=given()))


def _revoked_before(portal: Portal, call: Call) -> Exchange:
    body = enrollment()
    made = portal.oem.enrolled(body)["id"]
    revoke_consent(made)
    if call.name == "giveConsent":
        return portal.send(portal.oem.draft("POST", call.path.replace("{enrollmentId}", made), consent()))
    revoke(made)
    return portal.ask(call, body)


def _placed(place: dict[str, str]) -> Callable[[Portal, Call], Exchange]:
    def bring(portal: Portal, call: Call) -> Exchange:
        return portal.ask(call, {"site": {"address": place}} if call.method == "PATCH" else enrollment(place))

    return bring


def _twice(portal: Portal, call: Call) -> Exchange:
    body = enrollment()
    portal.oem.enrolled(body)
    return portal.ask(call, body)


def _elsewhere(portal: Portal, call: Call) -> Exchange:
    body = enrollment()
    portal.other.enrolled(body)
    taken = {**again(body), "device": {**body["device"], "manufacturerDeviceId": str(uuid.uuid4())}}
    return portal.ask(call, taken)


def _another_maker(portal: Portal, call: Call) -> Exchange:
    partner = portal.new_partner("--manufacturer", "Acme Energy")
    body = changed(enrollment(), "/device/manufacturer", "Other Works")
    return portal.send(partner.draft("POST", call.path, body), partner)


OF_SOME: dict[str, Callable[[Portal, Call], Exchange]] = {
    "not_found": _nobody,
    "state_conflict": _ended,
    "consent_stale": _consenting(lambda: consent(grantedAt=ago(days=91))),
    "consent_in_future": _consenting(lambda: consent(grantedAt=ago(days=-1))),
    "consent_scope_empty": _consenting(lambda: consent(programTypes=[])),
    "consent_revoked": _revoked_before,
    "territory_unsupported": _placed(grid.OUTSIDE),
    "location_invalid": _placed(grid.NO_SUCH_ZIP),
    "enrollment_exists": _twice,
    "device_enrolled_elsewhere": _elsewhere,
    "manufacturer_not_allowed": _another_maker,
}
