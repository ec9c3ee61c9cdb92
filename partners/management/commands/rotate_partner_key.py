"""`rotate_partner_key NAME`: a signing key beside the old one, printed once as JSON (contract §2)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from partners.credentials import as_json, client_members, key_members, public_key_file
from partners.models import Partner, SigningKey
from partners.onboarding import OnboardingError, add_application, add_signing_key
from partners.scopes import SCOPES
from texture_portal import clock


class Command(BaseCommand):
    help = "Adds a signing key beside those that the partner has. The old ones stay until they are revoked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        key = parser.add_mutually_exclusive_group()
        key.add_argument("--algorithm", choices=SigningKey.Algorithm.values, default=None)
        key.add_argument("--public-key", metavar="FILE", help="the partner's own Ed25519 or P-256 public key, PEM")
        parser.add_argument("--client-secret", action="store_true", help="a second OAuth client and secret too")

    def handle(self, *args: Any, **options: Any) -> None:
        partner = Partner.objects.filter(name=options["name"]).first()
        if partner is None:
            raise CommandError(f"There is no partner named {options['name']!r}. Remedy: use create_partner.")
        algorithm = options["algorithm"] or _latest_algorithm(partner)
        public_key = public_key_file(options["public_key"])
        try:
            key = add_signing_key(partner, now=clock.now(), algorithm=algorithm, public_key_pem=public_key)
        except OnboardingError as fault:
            raise CommandError(str(fault)) from fault
        client = {}
        if options["client_secret"]:
            client = client_members(add_application(partner, scopes=_latest_scopes(partner)))
        self.stdout.write(as_json(client, key_members(key)))


def _latest_algorithm(partner: Partner) -> str:
    latest = partner.signing_keys.order_by("-created_at").first()
    return latest.algorithm if latest else SigningKey.Algorithm.ED25519


def _latest_scopes(partner: Partner) -> tuple[str, ...]:
    latest = partner.applications.order_by("-created").first()
    return tuple(latest.scopes) if latest else tuple(SCOPES)
