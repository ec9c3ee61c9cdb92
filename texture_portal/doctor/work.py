"""The work: workers that live, schedules that wake them, nothing that is late or fails."""

from collections.abc import Iterator

from texture_portal import clock, faults, waiting, workshop
from texture_portal.doctor.finding import Finding, fault, ok, warning

OURS = (waiting.EVENTS, waiting.DUTIES)  # what is late of these is the portal's own doing


def look() -> Iterator[Finding]:
    now = clock.now()
    wrong = {name: said for name, said in faults.found(now=now).items() if name != "migrations"}
    for name, said in wrong.items():
        yield fault(name, said, "see docs/operations.md, When")
    if not wrong:
        yield ok("workers", "live, and every job is scheduled")
    for each in workshop.jobs_shown():
        if each.is_failing:
            yield warning("jobs", f"{each.job.kind} failed when it last ran", "the page Workers and jobs says why")
    for queue in waiting.QUEUES:
        if late := queue.counted(now=now)["late"]:
            find = fault if queue in OURS else warning
            yield find("late", f"{late} of {queue.name}", "the console's front page leads to them")
