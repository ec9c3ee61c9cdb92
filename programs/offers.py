"""Which programs a partner's devices may join (contract §5)."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from devices.models import Device
from partners.models import Partner
from programs.eligibility import Applicant, device_reasons, usable
from programs.models import Program, ProgramQuerySet


def offered_to(partner: Partner, *, now: datetime) -> ProgramQuerySet:
    """In force, and taking some device of theirs where it stands; all in force while they have no device yet."""
    in_force = Program.objects.in_force(now=now).select_related("owner")
    devices = Device.objects.filter(partner=partner)
    if not devices.exists():
        return in_force
    applicants = _applicants(devices)
    candidates = in_force.owned_by(*applicants)
    return in_force.filter(pk__in=[program.pk for program in candidates if _takes_any(program, applicants)])


def _takes_any(program: Program, applicants: dict[UUID, set[Applicant]]) -> bool:
    terms = program.terms(has_room=True)  # that it is full is told beside it
    return any(not device_reasons(terms, applicant) for applicant in applicants[program.owner_id])


def _applicants(devices: QuerySet[Device]) -> dict[UUID, set[Applicant]]:
    """By the utility or CCA that may offer them a program: the kinds of device there are, not every single one."""
    kinds = devices.order_by().values_list("type", "commands", "controllable", "site__utility_id", "site__cca_id")
    found: dict[UUID, set[Applicant]] = defaultdict(set)
    for device_type, commands, controllable, *owner_ids in kinds.distinct():
        applicant = Applicant(device_type, usable(commands, controllable=controllable))
        for owner_id in filter(None, owner_ids):
            found[owner_id].add(applicant)
    return found
