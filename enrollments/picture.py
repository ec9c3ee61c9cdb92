"""The lifecycle as SVG. Where things stand is drawn by hand; what is there, and which arrows, is the code's."""

from html import escape

from enrollments.diagram import BOXES, Arrow, arrows
from enrollments.states import State

HEIGHT = 44
# middle of the state, and its width
STATES = {
    State.DISCOVERED: (105, 190, 116),
    State.ELIGIBLE: (275, 190, 106),
    State.OPTED_IN: (465, 190, 106),
    State.PENDING_VERIFICATION: (510, 330, 176),
    State.ENROLLED: (730, 190, 106),
    State.ACTIVE: (905, 190, 106),
    State.SUSPENDED: (905, 320, 106),
    State.OPTED_OUT: (275, 490, 116),
    State.REVOKED: (730, 490, 116),
}
# left, top, right, bottom
FRAMES = {"live": (20, 30, 1000, 420), "in_force": (385, 70, 985, 405), "in_programs": (655, 110, 970, 390)}
# The way of each arrow, and where its number stands
WAYS = {
    ("discovered", "eligible"): ("M163 190 H214", (190, 190)),
    ("discovered", "pending_verification"): ("M105 212 C105 325 260 342 414 340", (185, 310)),
    ("eligible", "opted_in"): ("M328 190 H404", (358, 190)),
    ("opted_in", "pending_verification"): ("M455 212 C455 250 470 270 480 300", (459, 255)),
    ("opted_in", "enrolled"): ("M518 190 H669", (600, 190)),
    ("pending_verification", "enrolled"): ("M560 308 C590 250 640 215 670 204", (593, 263)),
    ("enrolled", "active"): ("M783 190 H844", (814, 190)),
    ("active", "suspended"): ("M892 212 V290", (892, 250)),
    ("suspended", "active"): ("M922 298 V220", (922, 262)),
    ("opted_out", "discovered"): ("M217 484 C120 470 85 380 85 220", (116, 420)),
    ("opted_out", "revoked"): ("M333 490 H664", (500, 490)),
    ("in_programs", "opted_in"): ("M655 140 C600 130 530 135 492 162", (580, 136)),
    ("in_force", "eligible"): ("M385 105 C330 100 290 120 280 160", (318, 111)),
    ("live", "discovered"): ("M20 120 C45 115 80 125 92 160", (58, 122)),
    ("live", "pending_verification"): ("M510 420 V360", (510, 390)),
    ("live", "opted_out"): ("M275 420 V460", (275, 440)),
    ("live", "revoked"): ("M730 420 V460", (730, 440)),
}
STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1f2937; text-anchor: middle; dominant-baseline: central }
  .frame { fill: #6b72800d; stroke: #9ca3af; stroke-dasharray: 5 4 }
  .frame-label { font-size: 12px; text-anchor: start; fill: #6b7280 }
  .state { fill: #fff; stroke: #4f46e5; stroke-width: 1.5 }
  .way { fill: none; stroke: #4b5563; stroke-width: 1.4; marker-end: url(#tip) }
  .tip { fill: #4b5563 }
  .number circle { fill: #eef2ff; stroke: #a5b4fc }
  .number text { font-size: 11px }
  @media (prefers-color-scheme: dark) {
    text { fill: #f3f4f6 } .frame-label { fill: #9ca3af } .frame { stroke: #6b7280 }
    .state { fill: #1e1b4b; stroke: #a5b4fc } .way { stroke: #d1d5db } .tip { fill: #d1d5db }
    .number circle { fill: #312e81; stroke: #6366f1 }
  }
"""


def svg() -> str:
    parts = [
        *(_frame(box.name, box.label) for box in BOXES),
        *(_state(state) for state in State),
        *(_way(arrow) for arrow in arrows()),
        *(_number(number, arrow) for number, arrow in enumerate(arrows(), start=1)),
    ]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1020 540" role="img" aria-label="The lifecycle">',
            f"<style>{STYLE}</style>",
            '<marker id="tip" viewBox="0 0 10 10" refX="6" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
            '<path class="tip" d="M0 1 L9 5 L0 9 z"/></marker>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _frame(name: str, label: str) -> str:
    left, top, right, bottom = FRAMES[name]
    return (
        f'<rect class="frame" x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" rx="10"/>'
        f'<text class="frame-label" x="{left + 12}" y="{top + 16}">{escape(label)}</text>'
    )


def _state(state: State) -> str:
    x, y, width = STATES[state]
    return (
        f'<rect class="state" x="{x - width / 2:g}" y="{y - HEIGHT / 2:g}" width="{width}" height="{HEIGHT}" rx="8"/>'
        f'<text x="{x}" y="{y}">{escape(state.label)}</text>'
    )


def _way(arrow: Arrow) -> str:
    way, _ = WAYS[arrow.ends]
    return f'<path class="way" d="{way}"/>'


def _number(number: int, arrow: Arrow) -> str:
    _, (x, y) = WAYS[arrow.ends]
    title = escape(f"{number}. {arrow.verb}: {arrow.when}")
    return (
        f'<g class="number"><title>{title}</title><circle cx="{x}" cy="{y}" r="10"/>'
        f'<text x="{x}" y="{y}">{number}</text></g>'
    )
