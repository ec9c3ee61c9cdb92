"""Which devices an event is about: of the program's participants, those that it chose."""

from uuid import UUID

import shapely
from django.db.models import Exists, OuterRef, Q, QuerySet

from devices.models import Device, PortfolioDevice
from programs.dispatch import areas
from programs.models import DispatchEvent, Participation

Choice = DispatchEvent.Choice


def devices_of(event: DispatchEvent) -> QuerySet[Device]:
    """An area is cut down to its bounding box here; `chunk` cuts it to its shape."""
    taking_part = Participation.objects.live().filter(program=event.program_id, device=OuterRef("pk"))
    return Device.objects.filter(Exists(taking_part), _condition(event))


def chunk(event: DispatchEvent, *, after: UUID | None, limit: int) -> tuple[list[Device], UUID | None]:
    """In the order of their ids, with what weighing them needs; and after which the next chunk begins, None at the
    end."""
    rows = devices_of(event).select_related("site", "latest").order_by("pk")
    found = list((rows.filter(pk__gt=after) if after else rows)[:limit])
    last = found[-1].pk if len(found) == limit else None
    if event.choice == Choice.AREA and event.area is not None:
        area = areas.geometry(event.area)
        found = [each for each in found if shapely.contains_xy(area, each.site.longitude, each.site.latitude)]
    return found, last


def _condition(event: DispatchEvent) -> Q:
    match event.choice:
        case Choice.PORTFOLIO:
            return Q(Exists(PortfolioDevice.objects.filter(portfolio=event.portfolio_id, device=OuterRef("pk"))))
        case Choice.UTILITY:
            return Q(site__utility=event.utility_id) | Q(site__cca=event.utility_id)
        case Choice.AREA:
            west, south, east, north = areas.geometry(event.area or {}).bounds
            return Q(site__longitude__range=(west, east), site__latitude__range=(south, north))
        case Choice.ZIPS:
            in_one = Q()
            for each in event.zips:
                in_one |= Q(site__postal_code=each) | Q(site__postal_code__startswith=f"{each}-")
            return in_one
        case Choice.LIST:
            return Q(pk__in=event.listed)
    return Q()
