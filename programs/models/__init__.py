"""Grid programs of utilities and CCAs, which devices take part in them, and the events to which they are called."""

from programs.models.dispatch import DispatchEvent
from programs.models.dispatch_target import DispatchSample, DispatchTarget
from programs.models.participation import Participation, ParticipationQuerySet
from programs.models.program import Program, ProgramQuerySet, ProgramType, local_date

__all__ = [
    "DispatchEvent",
    "DispatchSample",
    "DispatchTarget",
    "Participation",
    "ParticipationQuerySet",
    "Program",
    "ProgramQuerySet",
    "ProgramType",
    "local_date",
]
