"""`rotate_partner_key NAME`: a signing key beside the old one, printed once as JSON (contract §2)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from partners.credentials import as_json, client_members, key_members, public_key_file
from partners.management.overlap import add_overlap, by_this_command, overlap_of, partner_named
from partners.models import SigningKey
from partners.onboarding import OnboardingError
from partners.rotation import rotate_client, rotate_signing_key
from texture_portal import clock


class Command(BaseCommand):
    help = (
        "Adds a signing key beside those that the partner has. The old ones stay until they are revoked, or end "
        "after the overlap that is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        key = parser.add_mutually_exclusive_group()
        key.add_argument("--algorithm", choices=SigningKey.Algorithm.values, default=None)
        key.add_argument("--public-key", metavar="FILE", help="the partner's own Ed25519 or P-256 public key, PEM")
        parser.add_argument("--client-secret", action="store_true", help="a second OAuth client and secret too")
        add_overlap(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        partner, now, by = partner_named(options["name"]), clock.now(), by_this_command("rotate_partner_key")
        overlap = overlap_of(options)
        public_key = public_key_file(options["public_key"])
        try:
            with transaction.atomic():
                key = rotate_signing_key(
                    partner, algorithm=options["algorithm"], public_key_pem=public_key, overlap=overlap, now=now, by=by
                )
                client = rotate_client(partner, overlap=overlap, now=now, by=by) if options["client_secret"] else None
        except OnboardingError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(as_json(client_members(client) if client else {}, key_members(key)))
