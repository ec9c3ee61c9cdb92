"""`manage.py create_program`: an active program from the shell (contract §2)."""

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from devices.kinds import KINDS, DeviceType
from programs.creation import UnknownOwnerError, create_program
from programs.models import ProgramType


class Command(BaseCommand):
    help = 'Make an active program of a utility or CCA; prints {"programId"} as JSON.'

    def add_arguments(self, parser: CommandParser) -> None:
        commands = sorted(command for kind in KINDS.values() for command in kind.commands)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--owner", required=True, metavar="EIA_ID", help="the utility's or CCA's EIA id")
        parser.add_argument("--type", required=True, choices=ProgramType.values)
        parser.add_argument(
            "--device-type", action="append", required=True, dest="device_types", choices=[t.value for t in DeviceType]
        )
        parser.add_argument("--requires", action="append", default=[], metavar="COMMAND", choices=commands)
        parser.add_argument("--verified-account", action="store_true", help="wants the utility account verified")
        parser.add_argument("--starts", type=day, metavar="DATE", help="first day, YYYY-MM-DD")
        parser.add_argument("--ends", type=day, metavar="DATE", help="last day, YYYY-MM-DD")
        parser.add_argument("--max-enrollments", type=int, metavar="N", help="its capacity; none: no limit")
        parser.add_argument("--exclusive-group", default="", help="a device is never in two programs of one group")

    def handle(self, **options: Any) -> None:
        if options["starts"] and options["ends"] and options["ends"] < options["starts"]:
            raise CommandError("--ends is before --starts. Remedy: give a last day on or after the first.")
        if options["max_enrollments"] is not None and options["max_enrollments"] < 0:
            raise CommandError("--max-enrollments is negative. Remedy: give a number of devices, or leave it out.")
        try:
            program = create_program(
                options["name"],
                owner_eia_id=options["owner"],
                type=options["type"],
                device_types=options["device_types"],
                required_commands=options["requires"],
                wants_verified_account=options["verified_account"],
                starts_on=options["starts"],
                ends_on=options["ends"],
                max_enrollments=options["max_enrollments"],
                exclusive_group=options["exclusive_group"],
            )
        except UnknownOwnerError as unknown:
            raise CommandError(str(unknown)) from unknown
        self.stdout.write(json.dumps({"programId": str(program.pk)}))


def day(text: str) -> date:
    return date.fromisoformat(text)
