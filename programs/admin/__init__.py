from programs.admin.dispatch import DispatchEventAdmin
from programs.admin.dispatch_targets import DispatchTargetAdmin
from programs.admin.program import ParticipationAdmin, ProgramAdmin

__all__ = ["DispatchEventAdmin", "DispatchTargetAdmin", "ParticipationAdmin", "ProgramAdmin"]
