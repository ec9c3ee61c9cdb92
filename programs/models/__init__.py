"""Grid programs of utilities and CCAs, and which devices take part in them."""

from programs.models.participation import Participation, ParticipationQuerySet
from programs.models.program import Program, ProgramQuerySet, ProgramType, local_date

__all__ = ["Participation", "ParticipationQuerySet", "Program", "ProgramQuerySet", "ProgramType", "local_date"]
