"""What the commands that rotate a partner's secrets have in common."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from partners.models import Partner
from texture_portal.actors import Actor, Channel, system


def add_overlap(parser: CommandParser) -> None:
    parser.add_argument(
        "--overlap-hours", type=float, default=None, metavar="HOURS",
        help="the old ones end after so many hours; not given: when somebody revokes them",
    )  # fmt: skip


def overlap_of(options: dict[str, Any]) -> timedelta | None:
    hours = options["overlap_hours"]
    if hours is not None and not 0 <= hours <= 24 * 365:
        raise CommandError("--overlap-hours is from 0 to 8760.")
    return None if hours is None else timedelta(hours=hours)


def partner_named(name: str) -> Partner:
    partner = Partner.objects.filter(name=name).first()
    if partner is None:
        raise CommandError(f"There is no partner named {name!r}. Remedy: use create_partner.")
    return partner


def by_this_command(name: str) -> Actor:
    return system(name, channel=Channel.COMMAND)
