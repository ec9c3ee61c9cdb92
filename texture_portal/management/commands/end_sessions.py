"""`manage.py end_sessions --everybody`: whoever is logged in to the console must log in anew (docs/staff.md)."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from texture_portal import clock
from texture_portal.login import open_sessions


class Command(BaseCommand):
    help = "Ends the sessions of everybody in the console, as after a theft. The button on a user's page ends one's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--everybody", action="store_true", help="Said so, lest it is called by mistake.")

    def handle(self, *, everybody: bool, **options: Any) -> None:
        if not everybody:
            raise CommandError(f"{User.objects.count()} may be logged in. Remedy: say --everybody.")
        self.stdout.write(f"Sessions ended: {open_sessions.end_of_everybody(now=clock.now())}.")
