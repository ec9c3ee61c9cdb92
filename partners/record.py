"""The partner's record: its history keeps who changed something about it, and why."""

from typing import Any

from django.contrib.auth import get_user_model

from partners.models import Partner
from texture_portal.actors import Actor


def save_on_record(partner: Partner, *, by: Actor, reason: str) -> None:
    written: Any = partner  # the history reads these two from the instance
    written._change_reason = f"{reason} ({by.role} {by.name})"
    written._history_user = get_user_model().objects.get(pk=by.user_id) if by.user_id is not None else None
    partner.save()
