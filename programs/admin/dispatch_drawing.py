"""A map of where a program's devices are, on which an operator draws an area: points of the picture become degrees."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db.models import Avg, Count
from django.db.models.functions import Round

from devices.models import Device
from programs.models import Participation
from territories.maps.view import View, view_of

WIDTH, HEIGHT, MARGIN = 640.0, 400.0, 24.0
MOST_SPOTS = 400
DECIMALS = 2  # of a degree: devices within a kilometre or so are one spot
WHOLE_COUNTRY = (-125.0, 24.5, -66.5, 49.5)


@dataclass(frozen=True, slots=True)
class Canvas:
    """`west`, `north` and `scale` are of the square world (territories/maps/view): static/console/drawing.js reads
    them.
    """

    west: float
    north: float
    scale: float
    spots: list[tuple[float, float, float]]
    width: float = WIDTH
    height: float = HEIGHT


def canvas(program: str) -> Canvas:
    """Of one program's devices, or of all that take part in any."""
    taking_part = Participation.objects.live()
    if program:
        try:
            taking_part = taking_part.filter(program=UUID(program))
        except ValueError:
            taking_part = taking_part.none()
    located = Device.objects.filter(pk__in=taking_part.values("device"), site__latitude__isnull=False)
    rows = (
        located.order_by()
        .annotate(x=Round("site__longitude", precision=DECIMALS), y=Round("site__latitude", precision=DECIMALS))
        .values("x", "y")
        .annotate(devices=Count("pk"), longitude=Avg("site__longitude"), latitude=Avg("site__latitude"))
        .order_by("-devices")
        .values_list("longitude", "latitude", "devices")[:MOST_SPOTS]
    )
    found = list(rows)
    view = _view([(float(x), float(y)) for x, y, _ in found])
    most = max((devices for _, _, devices in found), default=1)
    return Canvas(view.west, view.north, view.scale, [_spot(view, x, y, devices / most) for x, y, devices in found])


def _view(points: list[tuple[float, float]]) -> View:
    if not points:
        return view_of(WHOLE_COUNTRY, width=WIDTH, height=HEIGHT, margin=MARGIN)
    longitudes, latitudes = zip(*points, strict=True)
    wide = 0.2 * max(0.1, max(longitudes) - min(longitudes), max(latitudes) - min(latitudes))
    bounds = (min(longitudes) - wide, min(latitudes) - wide, max(longitudes) + wide, max(latitudes) + wide)
    return view_of(bounds, width=WIDTH, height=HEIGHT, margin=MARGIN)


def _spot(view: View, longitude: float, latitude: float, share: float) -> tuple[float, float, float]:
    x, y = view.place(np.array([[longitude, latitude]]))[0]
    return round(float(x), 1), round(float(y), 1), round(2.5 + 6 * share**0.5, 1)
