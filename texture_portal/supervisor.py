"""Keeps the web server and the workers running: starts again what ended, and ends what no longer gives a sign of life.

Each child leads a process group of its own, and is ended with the whole group: what it forked may outlive it.
On SIGHUP every child is renewed: the new one is there before the old one is asked to finish, so that no caller waits.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.module_loading import import_string

from texture_portal import clock, heartbeat, queue, renewal, schedules

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
STEADY_SECONDS = 60.0  # one that ran for so long starts anew with the first pause
STOP_SECONDS = 20.0
ALARM_SECONDS, RING_AGAIN_SECONDS = 1.0, 3.0  # the queue may be busy: a woken worker is not there at once
LOOK_SECONDS = 10.0  # between questions whether a process is wanted
ASK_AGAIN = timedelta(seconds=30)  # a sign of life asked for may be lost with a killed worker
MOST_DOUBLINGS = 3  # of how long workers may take until they are there


class Child:
    def __init__(self, name: str, *arguments: str, keep: Sequence[int] = ()) -> None:
        """`arguments` name a Python module and what it is called with; `keep` are file descriptors handed to it."""
        self.name = name
        self.arguments = arguments
        self.keep = keep
        self.pause = FIRST_PAUSE_SECONDS
        self.retired: list[Retired] = []
        self.start()

    def start(self) -> None:
        self.started_at = clock.now()
        self.started = time.monotonic()
        self.due: float | None = None
        self.process = subprocess.Popen(  # noqa: S603 -- our own modules
            [sys.executable, "-m", "texture_portal.leash", *self.arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": settings.DATABASE_URL},  # the server is ours to hold, not theirs
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self.keep,
        )

    def tend(self) -> None:
        """Starts it again when it ended, after a pause that grows while it keeps ending."""
        now = time.monotonic()
        may_go = self.is_there() and now - self.started >= settings.RENEWAL_OVERLAP_SECONDS
        self.retired = [each for each in self.retired if each.tend(now=now, may_go=may_go)]
        if self.due is not None:
            if now >= self.due:
                self.start()
        elif self.process.poll() is not None:
            kill_group(self.process)  # and no retired one: they work on until a new one is there
            self.pause = FIRST_PAUSE_SECONDS if now - self.started > STEADY_SECONDS else self.pause
            log.error("%s ended (%s); it starts again in %.1f s", self.name, self.process.returncode, self.pause)
            self.due = now + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)

    def restart(self, reason: str) -> None:
        log.error("%s is killed and started again: %s", self.name, reason)
        self.end_group()
        self.start()

    def renew(self) -> None:
        """A new one beside it; what this one has begun it finishes, for a while."""
        log.info("%s is renewed", self.name)
        if self.is_there():
            self.retired.append(Retired(self.process))
        self.start()

    def end_group(self) -> None:
        for each in (self.process, *(each.process for each in self.retired)):
            kill_group(each)
        self.retired = []

    def is_there(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        for each in self.retired:
            each.process.terminate()
        if self.is_there():
            self.process.terminate()


class Retired:
    """One that was renewed: asked to finish once a new one has been there for a while, killed where it does not."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.asked_at: float | None = None

    def tend(self, *, now: float, may_go: bool) -> bool:
        """Whether it is still there."""
        if may_go and self.asked_at is None:
            self.process.terminate()
            self.asked_at = now
        if self.process.poll() is None and (self.asked_at is None or now < self.asked_at + STOP_SECONDS):
            return True
        kill_group(self.process)
        return False


def kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        log.debug("nothing is left of %s", process.pid)
    process.wait()


class OnDemand:
    """A child that runs only while it is wanted, which is asked now and then."""

    def __init__(self, name: str, *arguments: str, wanted: Callable[[], bool]) -> None:
        self.name, self.arguments, self.wanted = name, arguments, wanted
        self.child: Child | None = None
        self.looked: float | None = None

    def tend(self) -> None:
        now = time.monotonic()
        if self.looked is None or now - self.looked >= LOOK_SECONDS:
            self.looked = now
            self._look()
        if self.child is not None:
            self.child.tend()

    def is_there(self) -> bool:
        return self.child is not None and self.child.is_there()

    def ask_to_stop(self) -> None:
        if self.child is not None:
            self.child.ask_to_stop()

    def renew(self) -> None:
        """One after the other: what it reads, only one may read."""
        if self.child is not None:
            log.info("%s is renewed", self.name)
            self.child.end_group()
            self.child.start()

    def end_group(self) -> None:
        if self.child is not None:
            self.child.end_group()

    def _look(self) -> None:
        try:
            is_wanted = self.wanted()
        except DatabaseError as fault:
            log.warning("whether %s is wanted cannot be read: %s", self.name, type(fault).__name__)
            connection.close()
            return
        if is_wanted and self.child is None:
            log.info("%s is wanted", self.name)
            self.child = Child(self.name, *self.arguments)
        elif not is_wanted and self.child is not None:
            log.info("%s is wanted no longer", self.name)
            self.child.end_group()
            self.child = None


class WorkerWatch:
    """Asks the workers for signs of life and restarts them when none came for too long.

    Those that were restarted and still gave none have twice as long, each time: a machine may be too slow to have
    them there in time, and they would be killed for ever just before.
    """

    def __init__(self, worker: Child) -> None:
        self.worker = worker
        self.silent_starts = 0
        self.asked_at: datetime | None = None
        self.looked_at: datetime | None = None
        self.excused_at = worker.started_at  # they cannot be asked through a queue that is away

    def tend(self) -> None:
        now = clock.now()
        if self.looked_at and now - self.looked_at < timedelta(seconds=settings.HEARTBEAT_SECONDS):
            return
        self.looked_at = now
        try:
            self._look(now)
        except DatabaseError as fault:
            log.warning("the heartbeat cannot be read: %s", type(fault).__name__)
            connection.close()
        except queue.QueueAwayError as fault:
            log.warning("the queue is away (%s): workers are woken by nobody", fault)
            self.excused_at = now

    def _look(self, now: datetime) -> None:
        beat_at = heartbeat.last(heartbeat.worker_name())
        alive_at = max(beat_at or self.worker.started_at, self.worker.started_at, self.excused_at)
        was_heard = beat_at is not None and beat_at > self.worker.started_at
        self.silent_starts = 0 if was_heard else self.silent_starts
        leeway = timedelta(seconds=settings.HEARTBEAT_STALE_SECONDS) * (2**self.silent_starts - 1)
        if heartbeat.is_stale(alive_at + leeway, now=now) and self.worker.due is None:
            self.silent_starts = 0 if was_heard else min(self.silent_starts + 1, MOST_DOUBLINGS)
            self.worker.restart(f"no sign of life since {alive_at:%H:%M:%S}")
            self.asked_at = None
        if self.asked_at is None or (beat_at and beat_at >= self.asked_at) or now - self.asked_at > ASK_AGAIN:
            heartbeat.ask()
            self.asked_at = now


class ScheduleWatch:
    """Puts the schedule right again: a single row with bad arguments would stop every job."""

    def __init__(self) -> None:
        self.looked: float | None = None

    def tend(self) -> None:
        now = time.monotonic()
        if self.looked is not None and now - self.looked < settings.HEARTBEAT_SECONDS:
            return
        self.looked = now
        try:
            if not schedules.is_the_table():
                log.error("the schedule is not what texture_portal.schedules says; it is made so again")
                schedules.install()
        except DatabaseError as fault:
            log.warning("the schedule cannot be read: %s", type(fault).__name__)
            connection.close()


class AlarmWatch:
    """Has workers woken the moment that rows come due which do not wait for the schedule."""

    def __init__(self, jobs: Sequence[schedules.Job] = schedules.JOBS) -> None:
        self.alarms = {each.kind: import_string(each.alarm) for each in jobs if each.alarm}
        self.next_look = dict.fromkeys(self.alarms, 0.0)

    def tend(self) -> None:
        now = time.monotonic()
        try:
            for kind, ring in self.alarms.items():
                if now >= self.next_look[kind]:
                    self.next_look[kind] = now + (RING_AGAIN_SECONDS if ring(now=clock.now()) else ALARM_SECONDS)
        except DatabaseError as fault:
            log.warning("what is due cannot be read: %s", type(fault).__name__)
            connection.close()


class Supervisor:
    def __init__(
        self, children: Sequence[Child | OnDemand], watches: Sequence[WorkerWatch | ScheduleWatch | AlarmWatch]
    ) -> None:
        self.children = children
        self.watches = watches
        self.signals = 0
        self.is_to_renew = False
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._count)
        by_hand = sys.stdin is not None and sys.stdin.isatty()  # then it says that the terminal is gone
        signal.signal(signal.SIGHUP, self._count if by_hand else self._ask_to_renew)

    def _count(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

    def _ask_to_renew(self, number: int, frame: FrameType | None) -> None:
        self.is_to_renew = True

    def run(self) -> None:
        """Until SIGTERM, SIGINT or the end of its terminal; then all are asked to stop, and killed if they do not."""
        try:
            while not self.signals:
                if self.is_to_renew:
                    self._renew()
                for child in self.children:
                    child.tend()
                for watch in self.watches:
                    watch.tend()
                time.sleep(TICK_SECONDS)
        finally:
            self._stop()

    def _renew(self) -> None:
        """Where the secrets cannot be read, everything stays as it is, and says so."""
        self.is_to_renew = False
        if renewal.take_secrets_in():
            for each in self.children:
                each.renew()

    def _stop(self) -> None:
        for each in self.children:
            each.ask_to_stop()
        patience, asked = time.monotonic() + STOP_SECONDS, self.signals
        while any(each.is_there() for each in self.children):
            if time.monotonic() > patience or self.signals > asked:
                break
            time.sleep(TICK_SECONDS)
        for each in self.children:
            each.end_group()
