"""One requirement tried: does it apply, what do its steps find, and do its criteria hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from devices.certification.asking import NotNowError, StepError
from devices.certification.facts import CallMade, Subject, notes_of
from devices.certification.requirement import Requirement, Vocabulary
from devices.certification.verdict import Outcome, Result, all_of


class Desk(Protocol):
    """What steps add to, and criteria are held against."""

    @property
    def facts(self) -> Any: ...

    @property
    def calls(self) -> Sequence[CallMade]: ...


@dataclass(frozen=True, slots=True)
class Suite:
    """Requirements with the words they are written in. `desk_of(assignment, earlier)` is where their facts go."""

    name: str
    requirements: tuple[Requirement, ...]
    vocabulary: Vocabulary
    desk_of: Callable[[Any, Sequence[CallMade]], Desk]


def attempt(requirement: Requirement, vocabulary: Vocabulary, desk: Desk, subject: Subject) -> Result:
    """Call it outside any transaction: its steps go out."""
    for said in requirement.applies:
        if why := vocabulary.applies[said.word](subject, **said.given):
            return Result(requirement.name, Outcome.NOT_APPLICABLE, why)
    try:
        for said in requirement.steps:
            vocabulary.steps[said.word](desk, **said.given)
    except NotNowError as why_not:
        return Result(requirement.name, Outcome.NOT_TRIED, str(why_not), notes=notes_of(desk.calls))
    except StepError as fault:
        evidence = {"code": fault.code}
        return Result(requirement.name, Outcome.FAIL, str(fault), evidence, notes_of(desk.calls))
    verdicts = [vocabulary.criteria[said.word](desk.facts, **said.given) for said in requirement.criteria]
    outcome, told, shown = all_of(verdicts)
    return Result(requirement.name, outcome, told, shown, notes_of(desk.calls))
