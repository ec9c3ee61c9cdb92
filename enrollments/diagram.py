"""The lifecycle as arrows between states, read off the code: for `docs/lifecycle.md` and its picture.

States that one arrow leaves together are drawn as a box around them, and the box has the arrow.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from inspect import getdoc
from typing import cast

from django_fsm import FSMField

from enrollments.lifecycle import STEPS
from enrollments.models import Enrollment
from enrollments.models.enrollment import IN_FORCE, IN_PROGRAMS, LIVE_BUT_OPTED_OUT
from enrollments.states import State


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    label: str
    states: frozenset[State]


# The widest first: each holds the next
BOXES = (
    Box("live", "live, and not opted out", frozenset(LIVE_BUT_OPTED_OUT)),
    Box("in_force", "past eligible", frozenset(IN_FORCE)),
    Box("in_programs", "in programs", frozenset(IN_PROGRAMS)),
)


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a state or from every state of a box but the target itself. `verb` is the transition's name."""

    source: State | Box
    target: State
    verb: str
    when: str

    @property
    def ends(self) -> tuple[str, str]:
        return _name(self.source), self.target.value

    @property
    def sources(self) -> frozenset[State]:
        return self.source.states if isinstance(self.source, Box) else frozenset({self.source})

    def pairs(self) -> set[tuple[str, str]]:
        return {(source.value, self.target.value) for source in self.sources if source is not self.target}

    @property
    def reasons(self) -> list[str]:
        """The reasons that `advance` gives for it; the verbs' own, and those that hang on the facts, are not here."""
        steps = [step for step in STEPS if step.by == self.verb and self.sources & set(step.sources)]
        return list(dict.fromkeys(step.reason for step in steps if isinstance(step.reason, str)))


def arrows() -> list[Arrow]:
    """In the order of the states that they leave, boxes last; numbered so in the picture."""
    order = [*(state.value for state in State), *(box.name for box in BOXES)]
    drawn = [arrow for verb, sources in _verbs().items() for arrow in _arrows_of(verb, sources)]
    return sorted(drawn, key=lambda arrow: [order.index(end) for end in arrow.ends])


def mermaid() -> str:
    return "\n".join(
        [
            "stateDiagram-v2",
            "    direction LR",
            f"    [*] --> {State.DISCOVERED}",
            *_nested(BOXES, indent="    "),
            *("    {} --> {} : {}".format(*arrow.ends, arrow.verb) for arrow in arrows()),
            f"    {State.REVOKED} --> [*]",
        ]
    )


def markdown() -> str:
    rows = [
        f"| {number} | {_words(arrow.source)} | {_words(arrow.target)} | {arrow.when} | `{arrow.verb}` "
        f"| {', '.join(f'`{reason}`' for reason in arrow.reasons)} |"
        for number, arrow in enumerate(arrows(), start=1)
    ]
    return "\n".join(
        [
            "# The lifecycle of an enrollment",
            "",
            "Made from the code by `python manage.py lifecycle_diagram`; a test fails when it is not fresh. "
            "The same declarations make the database trigger that refuses every other change of state.",
            "",
            "![The states of an enrollment and the arrows between them](lifecycle.svg)",
            "",
            "An arrow that leaves a box leaves every state in it. `advance` makes the forward moves, over the facts; "
            "the rest are verbs of `enrollments/lifecycle.py`.",
            "",
            "| | from | to | when | transition | reasons that `advance` gives |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "The same as Mermaid:",
            "",
            "```mermaid",
            mermaid(),
            "```",
            "",
        ]
    )


def _verbs() -> dict[tuple[str, str, str], set[State]]:
    """(transition, target, what its docstring says): the states that it leaves."""
    found: dict[tuple[str, str, str], set[State]] = defaultdict(set)
    field = cast(FSMField, Enrollment._meta.get_field("state"))
    for each in field.get_all_transitions(Enrollment):
        found[each.name, str(each.target), getdoc(each.method) or ""].add(State(each.source))
    return found


def _arrows_of(verb: tuple[str, str, str], sources: set[State]) -> Iterator[Arrow]:
    name, target, when = verb
    box = next((box for box in BOXES if box.states <= sources), None)
    alone = sources - box.states if box else sources
    leaving: list[State | Box] = [*([box] if box else []), *alone]
    for source in leaving:
        yield Arrow(source, State(target), name, when)


def _nested(boxes: Iterable[Box], *, indent: str) -> list[str]:
    """Each state in the innermost box that has it."""
    first, *rest = boxes
    inner = rest[0].states if rest else frozenset()
    states = [f"{indent}    {state}" for state in State if state in first.states - inner]
    within = _nested(rest, indent=indent + "    ") if rest else []
    return [f'{indent}state "{first.label}" as {first.name} {{', *states, *within, f"{indent}}}"]


def _name(end: State | Box) -> str:
    return end.name if isinstance(end, Box) else end.value


def _words(end: State | Box) -> str:
    return f"*{end.label}*" if isinstance(end, Box) else end.label
