"""Lines over the time of an event, as SVG: how many devices were told and answered, and kW expected and measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from django.utils import timezone

from programs.dispatch.picture import told_over_time
from programs.models import DispatchEvent

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640.0, 240.0, 52.0, 28.0, 14.0
LINES = 4
STEPS = (1, 2, 2.5, 5, 10)
MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480)
Points = Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    css: str
    path: str
    last: str


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    lines: list[Line]
    up: list[Tick]
    along: list[Tick]
    zero: float
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    floor: float = HEIGHT - BOTTOM


def answers(event: DispatchEvent) -> Chart | None:
    """Running totals."""
    told = _summed(told_over_time(event, "sent_at"))
    answered = _summed(told_over_time(event, "acknowledged_at"))
    if not told and not answered:
        return None
    return _chart("Devices", [("Sent", "expected", told), ("Acknowledged", "measured", answered)], unit="")


def power(event: DispatchEvent) -> Chart | None:
    rows = list(event.samples.order_by("at").values_list("at", "expected_kw", "measured_kw", "told"))
    if not rows:
        return None
    expected = [(at, kw) for at, kw, _, _ in rows]
    measured = [(at, kw) for at, _, kw, told in rows if told]
    return _chart("kW", [("Expected", "expected", expected), ("Measured", "measured", measured)], unit=" kW")


def _summed(counts: Sequence[tuple[datetime, int]]) -> list[tuple[datetime, float]]:
    return list(zip((at for at, _ in counts), accumulate(count for _, count in counts), strict=True))


def _chart(title: str, given: list[tuple[str, str, Points]], *, unit: str) -> Chart:
    points = [point for _, _, of_line in given for point in of_line]
    begin, end = min(at for at, _ in points), max(at for at, _ in points)
    end = max(end, begin + timedelta(minutes=1))
    least, most = min(0.0, *(value for _, value in points)), max(1.0, *(value for _, value in points))
    step = _step((most - least) / LINES)
    least, most = step * (least // step), step * -(-most // step)

    def x(at: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - 8) * ((at - begin) / (end - begin)), 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - BOTTOM - TOP) * (1 - (value - least) / (most - least)), 1)

    lines = [
        Line(name, css, "M" + "L".join(f"{x(at)},{y(value)}" for at, value in of_line), f"{of_line[-1][1]:,.4g}{unit}")
        for name, css, of_line in given
        if of_line
    ]
    count = round((most - least) / step)
    up = [Tick(y(least + step * each), f"{least + step * each:,.4g}") for each in range(count + 1)]
    along = [Tick(x(each), timezone.localtime(each).strftime("%H:%M")) for each in _times(begin, end)]
    return Chart(title, lines, up, along, y(0.0))


def _step(at_least: float) -> float:
    power = 1.0
    while power * 10 <= at_least:
        power *= 10
    while power > at_least:
        power /= 10
    return next(each * power for each in STEPS if each * power >= at_least)


def _times(begin: datetime, end: datetime) -> list[datetime]:
    minutes = next((each for each in MINUTES if (end - begin) / timedelta(minutes=each) <= 6), MINUTES[-1])
    width = timedelta(minutes=minutes)
    midnight = timezone.localtime(begin).replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + width * -(-(begin - midnight) // width)
    found = []
    while at <= end:
        found.append(at)
        at += width
    return found
