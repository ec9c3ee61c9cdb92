"""`create_partner NAME --kind oem|tpdo`: takes a partner on and prints its credentials, once, as JSON (contract §2)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from partners.credentials import as_json, client_members, key_members, public_key_file
from partners.models import Partner, SigningKey
from partners.onboarding import OnboardingError, create_partner
from partners.scopes import SCOPES
from texture_portal import clock
from texture_portal.actors import Channel, system


class Command(BaseCommand):
    help = "Takes a partner on and prints its credentials as JSON. They are shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--kind", required=True, choices=Partner.Kind.values)
        key = parser.add_mutually_exclusive_group()
        key.add_argument("--algorithm", choices=SigningKey.Algorithm.values, default=SigningKey.Algorithm.ED25519)
        key.add_argument("--public-key", metavar="FILE", help="the partner's own Ed25519 or P-256 public key, PEM")
        parser.add_argument("--manufacturer", action="append", default=[], metavar="NAME")
        parser.add_argument("--redirect-url", action="append", default=[], metavar="URL")
        parser.add_argument("--scope", action="append", default=[], help="one scope; none named: all")
        parser.add_argument("--environment", choices=Partner.Environment.values, default=Partner.Environment.SANDBOX)

    def handle(self, *args: Any, **options: Any) -> None:
        public_key = public_key_file(options["public_key"])
        try:
            made = create_partner(
                options["name"],
                kind=options["kind"],
                now=clock.now(),
                by=system("create_partner", channel=Channel.COMMAND),
                algorithm=options["algorithm"],
                public_key_pem=public_key,
                manufacturers=tuple(options["manufacturer"]),
                redirect_urls=tuple(options["redirect_url"]),
                scopes=tuple(options["scope"]) or tuple(SCOPES),
                environment=options["environment"],
            )
        except OnboardingError as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(as_json(client_members(made.client), key_members(made.key)))
