"""A measure over the months as a small drawing: bars, and a line where its target is. Pure."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDE, HIGH, GAP, MONTHS = 240, 64, 4, 12
GOOD, BAD, NEUTRAL = "#15803d", "#b91c1c", "#57534e"
BAR = '<rect x="{}" y="{}" width="{}" height="{}" fill="{}"><title>{}</title></rect>'
LINE = '<line x1="0" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-dasharray="4 3"/>'
WHOLE = '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="w-full" style="max-width:20rem">{}{}</svg>'
Point = tuple[str, float | None, bool | None]  # the month, its value, and whether the target is met


def chart(title: str, points: Sequence[Point], *, target: float | None, most: float, unit: str) -> SafeString:
    """`most` is what stands at the top. A month without a value has no bar; the newest stands at the right."""
    width, first = (WIDE - GAP) / MONTHS - GAP, MONTHS - len(points)
    bars = (
        (f"{GAP + place * (width + GAP):.1f}", f"{HIGH - _tall(value, most):.1f}", f"{width:.1f}",
         f"{_tall(value, most):.1f}", _colour(is_met), f"{month}: {value:g}{unit}")
        for place, (month, value, is_met) in enumerate(points, first)
        if value is not None
    )  # fmt: skip
    at = "" if target is None else f"{HIGH - _tall(target, most):.1f}"
    line = format_html(LINE, WIDE, at, at, NEUTRAL) if at else ""
    told = ", ".join(f"{month} {value:g}{unit}" for month, value, _ in points if value is not None) or "nothing yet"
    return format_html(WHOLE, WIDE, HIGH, f"{title}: {told}", format_html_join("", BAR, bars), line)


def _tall(value: float, most: float) -> float:
    return max(1.0, min(1.0, value / most) * HIGH) if most else 1.0


def _colour(is_met: bool | None) -> str:
    return NEUTRAL if is_met is None else GOOD if is_met else BAD
