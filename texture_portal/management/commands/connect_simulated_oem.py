"""`connect_simulated_oem PARTNER < told.json`: what `sandbox_oem` printed becomes a cloud that can be certified."""

import json
import sys
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from partners.models import Partner
from texture_portal import actors, clock
from texture_portal.demo.connecting import connect

BY = actors.system("connect_simulated_oem", channel=actors.Channel.COMMAND)


class Command(BaseCommand):
    help = "Connects a simulated OEM cloud to a partner; reads what sandbox_oem printed, prints a second secret."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="its name")

    def handle(self, *args: Any, **options: Any) -> None:
        partner = Partner.objects.filter(name__iexact=options["partner"]).first()
        if partner is None:
            raise CommandError(f"There is no partner {options['partner']!r}. Remedy: create_partner makes one.")
        try:
            told = json.loads(sys.stdin.readline())
            host = told["url"].split("//")[1].rpartition(":")[0]
        except (ValueError, LookupError) as wrong:
            raise CommandError("That is not the line that sandbox_oem printed. Remedy: pipe it in.") from wrong
        if host.strip("[]") not in settings.OUTBOUND_ALLOWED_HOSTS:
            raise CommandError(f"The portal may not call {host}. Remedy: name it in OUTBOUND_ALLOWED_HOSTS.")
        try:
            cloud, second = connect(partner, told, now=clock.now(), by=BY)
        except requests.RequestException as fault:
            raise CommandError(f"The simulated cloud does not answer: {type(fault).__name__}.") from None
        self.stdout.write(json.dumps({"cloud": cloud.name, "secondSecret": second}))
