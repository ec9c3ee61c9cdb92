"""`make demo`: a grid, programs and a partner, the real server and worker, and every outcome once, over HTTP."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from examples.oem_client import Portal
from texture_portal import clock
from texture_portal.demo import event, linking, setting, table
from texture_portal.demo.buildings import buildings
from texture_portal.demo.person import LostError
from texture_portal.demo.scenes import EVERY_OUTCOME, Result, new_visit, play
from texture_portal.demo.server import HOST, ServerError, check_port, serving
from texture_portal.demo.simulated import SimulatedCloud, simulated_cloud


class Command(BaseCommand):
    help = "Shows the portal at work on some forty public buildings, checks itself, and leaves the portal running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        once = os.environ.get("ONCE", "").lower() not in ("", "0", "no", "false")
        grid = os.environ.get("GRID")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"), help="default: $PORT or 8000")
        parser.add_argument("--once", action="store_true", default=once, help="stop at the end ($ONCE=1)")
        fleet, seconds = os.environ.get("FLEET", "300"), os.environ.get("EVENT_SECONDS", "60")
        parser.add_argument("--fleet", type=int, default=fleet, help="devices of a simulated OEM; 0: no event ($FLEET)")
        parser.add_argument("--event-seconds", type=int, default=seconds, help="how long its event lasts")
        parser.add_argument(
            "--grid", type=Path, default=grid, metavar="DIR", help="a CommonGrid checkout, not the demo's own ($GRID)"
        )

    def handle(self, *, port: int, once: bool, grid: Path | None, **options: Any) -> None:
        if settings.IS_PUBLIC:
            raise CommandError("The demo makes an administrator and a partner. Remedy: unset ALLOWED_HOSTS.")
        self.began = time.monotonic()
        try:
            check_port(port)
            os.environ["OUTBOUND_ALLOWED_HOSTS"] = HOST  # where the simulated cloud is
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
            credentials = self._set_the_stage(grid)
            password = setting.let_administrator_in()
            self._say("Starting the web server and a worker")
            with ExitStack() as running:
                server = running.enter_context(serving(port=port, log=self._file("demo-server.log")))
                url = f"http://{HOST}:{port}"
                faults = self._show(url, credentials, own_grid=grid is None)
                cloud = None
                if grid is None and options["fleet"]:
                    cloud = running.enter_context(simulated_cloud(devices=options["fleet"]))
                    faults += self._call_event(url, credentials, cloud, lasts=options["event_seconds"])
                    faults += self._link(url, credentials, cloud)
                faults += self._check_audit_trail()
                self._conclude(faults)
                if not once:
                    self._stay(server, cloud, port=port, password=password)
        except ServerError as fault:
            raise CommandError(str(fault)) from fault
        except requests.ConnectionError as fault:
            raise CommandError(f"The portal went away. Its log is {self._file('demo-server.log')}") from fault
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
            return
        if faults:
            sys.exit(1)

    def _set_the_stage(self, grid: Path | None) -> dict[str, str]:
        self._say("Migrating the database")
        call_command("migrate", interactive=False, verbosity=0)
        self._say(f"Importing {'CommonGrid' if grid else 'the grid'}")
        try:
            self.stdout.write(_indented(setting.lay_grid(grid)))
        except setting.AnotherGridError as fault:
            raise CommandError(f"{fault} Remedy: make demo PORTAL_HOME=/tmp/another-home") from fault
        if grid is None:
            self.stdout.write("      The utilities are real. Their boundaries are drawn by hand and coarse.")
        else:
            self.stdout.write("      On this grid only what hangs on the requests themselves is checked.")
        self._say("Making programs (made up) and a partner")
        for offer in setting.make_programs():
            self.stdout.write(f"      not made, as its utility is not in this grid: {offer.name}")
        now = clock.now()
        if ended := setting.end_earlier_enrollments(now=now):
            self.stdout.write(f"      {ended} enrollments of an earlier demo end.")
        printed = setting.take_on_partner(now=now)
        self._keep_credentials(printed)
        return dict(json.loads(printed))

    def _show(self, url: str, credentials: dict[str, str], *, own_grid: bool) -> int:
        """The number of deviations from what was to be expected."""
        portal = Portal(url, credentials, attempts=1)  # what a second attempt would hide is to be seen
        portal.http.trust_env = False  # a proxy has no business on loopback
        visit = new_visit(portal, run=secrets.token_hex(3), own_grid=own_grid)
        self._say(f"Enrolling with examples/oem_client.py at {url}\n\n{table.heading()}")
        shown = []
        for number, result in enumerate(play(visit, buildings(), credentials), start=1):
            self._show_line(number, result)
            shown.append(result)
        return self._sum_up(shown, own_grid=own_grid)

    def _show_line(self, number: int, result: Result) -> None:
        self.stdout.write(table.first_line(number, result))
        for line in table.more_lines(result):
            self.stdout.write(self.style.HTTP_NOT_MODIFIED(line))
        for line in table.deviation_lines(result):
            self.stdout.write(self.style.ERROR(line))
        self.stdout.flush()

    def _sum_up(self, shown: list[Result], *, own_grid: bool) -> int:
        counts = Counter(result.outcome for result in shown)
        self.stdout.write("-" * table.WIDTH)
        self.stdout.write("     " + ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()) + "\n\n")
        missing = sorted(EVERY_OUTCOME - counts.keys()) if own_grid else []
        for outcome in missing:
            self.stdout.write(self.style.ERROR(f"  !! not shown: {outcome}"))
        return len(missing) + sum(len(result.deviations) for result in shown)

    def _call_event(self, url: str, credentials: dict[str, str], cloud: SimulatedCloud, *, lasts: int) -> int:
        """A simulated fleet in a dispatch event; the number of deviations."""
        self._say("A dispatch event over a simulated OEM's fleet (FLEET=0: without)")
        portal = _portal(url, credentials)
        try:
            self._tell(event.play(portal, cloud, run=secrets.token_hex(3), lasts=timedelta(seconds=lasts)))
        except event.StuckError as fault:
            self.stdout.write(self.style.ERROR(f"  !! {fault}"))
            return 1
        called = event.latest()
        self.stdout.write(f"      see it at {url}/admin/programs/dispatchevent/{called.pk}/change/")
        for deviation in (found := event.deviations(called)):
            self.stdout.write(self.style.ERROR(f"  !! {deviation}"))
        return len(found)

    def _link(self, url: str, credentials: dict[str, str], cloud: SimulatedCloud) -> int:
        """An end user at the pages; the number of deviations."""
        self._say("A customer links a battery that the partner has enrolled, on the portal's pages")
        try:
            self._tell(linking.play(_portal(url, credentials), cloud))
        except LostError as fault:
            self.stdout.write(self.style.ERROR(f"  !! {fault}"))
            return 1
        return 0

    def _tell(self, lines: Iterator[str]) -> None:
        """Each as it comes: it takes a while."""
        for line in lines:
            self.stdout.write(f"      {line}")
            self.stdout.flush()

    def _check_audit_trail(self) -> int:
        """In a process of its own, as an auditor runs it: 0 when whole."""
        self._say("Verifying the audit trail")
        done = subprocess.run(
            [sys.executable, "-m", "django", "verify_audit_trail"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": settings.DATABASE_URL},
            capture_output=True,
            text=True,
            check=False,
        )
        self.stdout.write(_indented(done.stdout + done.stderr))
        return 1 if done.returncode else 0

    def _conclude(self, faults: int) -> None:
        if faults:
            self.stdout.write(self.style.ERROR(f"\nDEVIATIONS: {faults} (marked !! above)\n"))
        else:
            seconds = time.monotonic() - self.began
            self.stdout.write(self.style.SUCCESS(f"\nEverything as expected, in {seconds:.0f} s.\n"))

    def _stay(
        self, server: "subprocess.Popen[bytes]", cloud: SimulatedCloud | None, *, port: int, password: str
    ) -> None:
        linked = f", at the maker as {cloud.account}, password {cloud.password}" if cloud else ""
        self.stdout.write(
            f"The portal runs on http://{HOST}:{port}; its log is {self._file('demo-server.log')}\n"
            f"  the admin    http://{HOST}:{port}/admin/\n"
            f"  log in as    {setting.ADMINISTRATOR}   password  {password}   (shown this once)\n"
            f"  end users    http://{HOST}:{port}/link/{linked}\n"
            f"  the partner  {self._file('demo-credentials.json')}, for example:\n"
            f"    {_shown_path(Path(sys.executable))} examples/oem_client.py --url http://{HOST}:{port} "
            f"--credentials {self._file('demo-credentials.json')} list --state pending_verification\n"
            "Ctrl-C stops it.",
        )
        self.stdout.flush()
        server.wait()
        raise CommandError(f"The portal ended. Its log is {self._file('demo-server.log')}")

    def _keep_credentials(self, printed: str) -> None:
        """For the example client; readable by their owner only, and replaced by the next demo."""
        file = self._file("demo-credentials.json")
        with open(file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as kept:
            kept.write(printed)

    def _file(self, name: str) -> Path:
        return _shown_path(Path(settings.PORTAL_HOME) / name)

    def _say(self, step: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"{time.monotonic() - self.began:4.1f}s ") + step)
        self.stdout.flush()


def _portal(url: str, credentials: dict[str, str]) -> Portal:
    portal = Portal(url, credentials)
    portal.http.trust_env = False  # a proxy has no business on loopback
    return portal


def _shown_path(path: Path) -> Path:
    """Short where it can be, as `make` runs in the checkout's root."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _indented(text: str) -> str:
    return "".join(f"      {line}\n" for line in text.splitlines()).rstrip("\n")
