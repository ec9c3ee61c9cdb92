"""The whole portal on one machine: migrated, scheduled, a web server and workers, kept running."""

import errno
import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import NotSupportedError, OperationalError
from django.utils.module_loading import import_string

from devices.connectors.pattern import Pattern
from devices.connectors.registry import processes
from enrollments.partner_sandbox import stage
from texture_portal import schedules
from texture_portal.alone import one_at_a_time
from texture_portal.supervisor import AlarmWatch, Child, OnDemand, ScheduleWatch, Supervisor, WorkerWatch

BACKLOG = 1024


class Command(BaseCommand):
    help = "Migrates the database, then runs the web server and the workers, and keeps them running until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"), help="default: $PORT or 8000")
        alone = parser.add_mutually_exclusive_group()
        alone.add_argument("--no-worker", action="store_true", help="the web server alone")
        alone.add_argument("--no-web", action="store_true", help="workers alone")

    def handle(self, *, host: str, port: int, no_worker: bool, no_web: bool, **options: Any) -> None:
        listener = None if no_web else _listen(host, port)
        self._prepare_database()
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns where there is none
        if settings.IS_PUBLIC:
            call_command("collectstatic", interactive=False, verbosity=0)
        web = [_web(listener)] if listener else []
        workers = [] if no_worker else [Child("worker", "django", "qcluster")]
        readers = [] if no_worker else [_reader(each) for each in processes()]
        watches = [WorkerWatch(each) for each in workers]
        supervisor = Supervisor([*web, *workers, *readers], [ScheduleWatch(), AlarmWatch(), *watches])
        self._greet(listener, no_worker=no_worker)
        supervisor.run()
        self.stdout.write("Stopped.")

    def _prepare_database(self) -> None:
        self.stdout.write("Migrating the database")
        try:
            with one_at_a_time("migrations"):  # of hosts that start at once
                call_command("migrate", interactive=False, verbosity=0)
        except (OperationalError, NotSupportedError) as fault:  # away, or too old
            raise CommandError(f"The database cannot be used: {fault}\nRemedy: see DATABASE_URL.") from fault
        try:
            stage.check_database()
        except stage.NoStageError as fault:
            raise CommandError(str(fault)) from fault
        schedules.install()

    def _greet(self, listener: socket.socket | None, *, no_worker: bool) -> None:
        if listener is None:
            self.stdout.write("The workers are there, without a web server. Ctrl-C stops them.")
            return
        host, port = listener.getsockname()[:2]
        self.stdout.write(
            f"The portal is on http://{host}:{port} {'without' if no_worker else 'with'} a worker; "
            f"the admin on http://{host}:{port}/admin/. Ctrl-C stops it."
        )
        if not get_user_model().objects.filter(is_superuser=True, is_active=True).exists():
            self.stdout.write("Nobody can log in yet. Remedy: .venv/bin/python manage.py createsuperuser")


def _web(listener: socket.socket) -> Child:
    descriptor = listener.fileno()
    return Child(
        "web", "gunicorn", "--config", "python:texture_portal.web", "--bind", f"fd://{descriptor}", keep=[descriptor]
    )


def _reader(pattern: Pattern) -> OnDemand:
    """What a connector keeps running beside the workers, once there is something for it to do."""
    return OnDemand(pattern.command, "django", pattern.command, wanted=import_string(pattern.wanted))


def _listen(host: str, port: int) -> socket.socket:
    """Held here and handed on, so that a caller waits while the web server is started again, and is not refused."""
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} is taken, perhaps by another portal. Remedy: make serve PORT=8001"
            ) from fault
        raise CommandError(f"Cannot listen on {host}:{port}: {fault.strerror}") from fault
