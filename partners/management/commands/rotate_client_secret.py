"""`rotate_client_secret NAME`: an OAuth client and secret beside the old ones, printed once as JSON."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from partners.credentials import as_json, client_members
from partners.management.overlap import add_overlap, by_this_command, overlap_of, partner_named
from partners.rotation import rotate_client
from texture_portal import clock


class Command(BaseCommand):
    help = (
        "Adds an OAuth client with a secret of its own beside those that the partner has, with the newest one's "
        "scopes. The old ones stay until they are revoked, or end after the overlap that is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        add_overlap(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        partner, by = partner_named(options["name"]), by_this_command("rotate_client_secret")
        made = rotate_client(partner, overlap=overlap_of(options), now=clock.now(), by=by)
        self.stdout.write(as_json({"partnerId": str(partner.pk)}, client_members(made)))
