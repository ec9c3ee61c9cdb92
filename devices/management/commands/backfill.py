"""`backfill --days 90`: history from partners' clouds (§6), with progress; begun again, it goes on where it stood."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from devices.models import Cloud, Poll
from devices.polling import discovery, history, known
from devices.polling.driving import drive_cloud
from partners.models import Partner
from texture_portal import clock

ROUND_SECONDS = 10.0  # between two lines of progress
LONGEST_WAIT = 30.0  # seconds, for what failed and is due again


class Command(BaseCommand):
    help = "Asks partners' clouds for the history of every enrolled device; what was interrupted goes on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=float, default=history.MOST_DAYS, help="how far back (default and most: 90)")
        parser.add_argument("--cloud", help="the name of one cloud; default: all that are polled")

    def handle(self, *, days: float, cloud: str | None, **options: Any) -> None:
        if not 0 < days <= history.MOST_DAYS:
            raise CommandError(f"--days must be more than 0 and at most {history.MOST_DAYS} (§6).")
        polled = Cloud.objects.filter(connector=Cloud.Connector.PULL, state=Cloud.State.HEALTHY)
        clouds = polled.filter(partner__status=Partner.Status.ACTIVE).order_by("pk")
        if cloud is not None:
            clouds = clouds.filter(name=cloud)
        if not clouds:
            raise CommandError("There is no such cloud that is polled and not paused. Remedy: add one in the admin.")
        discovery.begin(now=clock.now())
        known.link_enrolled(now=clock.now())
        for each in clouds:
            self._fill(each, days=days)

    def _fill(self, cloud: Cloud, *, days: float) -> None:
        self._say(cloud, f"{history.ask_for(cloud, days=days, now=clock.now())} devices to ask for")
        while True:
            settled = drive_cloud(cloud, kinds=(Poll.Kind.HISTORY,), now=clock.now(), open_for=ROUND_SECONDS)
            told = history.progress(cloud)
            left = told.left.total_seconds() / 86_400
            self._say(cloud, f"{told.done} of {told.devices} devices, {left:.0f} device-days to go")
            if told.next_at is None:
                self._say_what_is_left(cloud, told)
                return
            wait = (told.next_at - clock.now()).total_seconds()
            if wait > LONGEST_WAIT:
                self._say(cloud, f"{told.faulty} devices failed; the worker asks for them again, as does this command")
                return
            time.sleep(max(0.0 if settled else 1.0, min(wait, LONGEST_WAIT)))

    def _say_what_is_left(self, cloud: Cloud, told: history.Progress) -> None:
        if told.at_rest:
            self._say(
                cloud, f"{told.at_rest} devices are at rest or out of reach; the worker goes on once they are not"
            )
        if told.let_go:
            self._say(cloud, f"{told.let_go} devices have no history there, or are not to be read any more")

    def _say(self, cloud: Cloud, text: str) -> None:
        self.stdout.write(f"{cloud}: {text}")
        self.stdout.flush()
