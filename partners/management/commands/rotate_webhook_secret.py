"""`rotate_webhook_secret ENDPOINT_ID`: a new secret for a webhook endpoint, printed once as JSON."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from partners.management.overlap import by_this_command
from partners.models import WebhookEndpoint
from partners.webhooks import endpoints
from texture_portal import clock
from texture_portal.clock import to_wire


class Command(BaseCommand):
    help = "Gives a webhook endpoint a new secret. The old one signs beside it for 24 hours (contract §9)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("endpoint_id", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        endpoint = WebhookEndpoint.objects.shown().filter(pk=options["endpoint_id"]).first()
        if endpoint is None:
            raise CommandError("There is no webhook endpoint of this id. Remedy: see Webhook endpoints in the admin.")
        now = clock.now()
        made = endpoints.rotate_secret(endpoint, now=now, by=by_this_command("rotate_webhook_secret"))
        told = {"endpointId": str(endpoint.pk), "secret": made.secret}
        self.stdout.write(json.dumps(told | {"oldSignsUntil": to_wire(now + endpoints.OVERLAP)}, indent=2))
