"""The devices of contract §5: here and not in devices/, since a device is shown with its enrollment."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from devices.kinds import DeviceType
from devices.models import Device
from devices.presentation import show_device
from devices.telemetry import latest, layouts
from enrollments.models import Enrollment
from partners.pagination import NEWEST_FIRST, PageQuery, page
from partners.views import Answer, Call, PartnerView
from partners.wire import Choice, Text
from texture_portal.refusals import Refusal


class DeviceQuery(PageQuery):
    type = Choice(choices=[kind.value for kind in DeviceType], required=False)
    manufacturer_device_id = Text(required=False)
    serial_number = Text(required=False)


FILTERS = ("type", "manufacturer_device_id", "serial_number")


class DevicesView(PartnerView):
    scopes: ClassVar = {"GET": "devices:read"}

    def get(self, call: Call) -> Answer:
        asked = call.query_params(DeviceQuery)
        rows = _theirs(call).filter(**{name: asked[name] for name in FILTERS if name in asked})
        known = layouts.known()
        return Answer(
            200,
            page(
                rows, order=NEWEST_FIRST, limit=asked["limit"], cursor=asked["cursor"],
                shape=lambda device: _show(device, known, call),
            ),
        )  # fmt: skip


class DeviceView(PartnerView):
    scopes: ClassVar = {"GET": "devices:read"}

    def get(self, call: Call, *, device_id: UUID) -> Answer:
        device = _theirs(call).filter(pk=device_id).first()
        if device is None:
            raise Refusal("not_found", "You have no device of this id.")
        return Answer(200, _show(device, layouts.known(), call))


def _theirs(call: Call) -> QuerySet[Device]:
    open_one = Enrollment.objects.open().filter(device=OuterRef("pk")).order_by().values("pk")[:1]
    theirs = Device.objects.filter(partner=call.partner).select_related("latest")
    return theirs.annotate(enrollment_id=Subquery(open_one))


def _show(device: Any, known: dict[int, layouts.Fields], call: Call) -> dict[str, Any]:
    state = latest.state_of(device, known=known)
    return show_device(device, state=state, enrollment_id=device.enrollment_id, now=call.now)
