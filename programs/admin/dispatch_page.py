"""What the page of an event shows: its plan, who is in it, how far they are, what it gives. Counted, never listed."""

from typing import Any

from django.urls import reverse

from programs.admin import dispatch_charts, dispatch_map
from programs.admin.dispatch_stages import GROUPS, IN_EVENT, MARKS, WORDS, against, reason_in_words
from programs.dispatch import picture
from programs.models import DispatchEvent
from programs.models.dispatch import EventStatus
from programs.models.dispatch_target import Restore
from texture_portal.console.marks import NOTHING, at, badge, link, span, table

STATUS_MARKS = {
    "draft": "", "scheduled": "info", "running": "warning", "restoring": "warning", "finished": "success",
    "cancelled": "danger",
}  # fmt: skip
REFRESH_SECONDS = 5
MOST_VERSIONS = 50


def context(event: DispatchEvent) -> dict[str, Any]:
    return live(event) | {
        "facts": facts(event),
        "versions": versions(event),
        "report_url": reverse("admin:programs_dispatchevent_report", args=(event.pk,)),
        "targets_url": f"{reverse('admin:programs_dispatchtarget_changelist')}?event__id__exact={event.pk}",
        "refresh": REFRESH_SECONDS if is_moving(event) else None,
    }


def live(event: DispatchEvent) -> dict[str, Any]:
    """What changes while one looks."""
    now = picture.standing(event)
    return {
        "event": event,
        "status_mark": badge(event.get_status_display(), STATUS_MARKS[event.status]),
        "waits_for": waits_for(event),
        "figures": figures(event, now),
        "groups": [
            (group, sum(count for stage, count in now.by_stage.items() if stage in group.stages)) for group in GROUPS
        ],
        "map": dispatch_map.map_of(event, now.cells),
        "answers": dispatch_charts.answers(event),
        "power": dispatch_charts.power(event),
        "reasons": table(
            ("Why not", "State", "Devices"),
            ((reason_in_words(each.of), _stage(each.stage), f"{each.devices:,}") for each in against(now.by_reason)),
        ),
        "states": _crossed(now.by_state, "State"),
        "types": _crossed(now.by_type, "Type"),
    }


def is_moving(event: DispatchEvent) -> bool:
    """A job will change what is shown."""
    waits = event.previewed_at is None and event.status in (EventStatus.DRAFT, EventStatus.SCHEDULED)
    settles = event.closed_at is not None and event.scheduled_at is not None and event.measured_at is None
    return waits or settles or event.status in (EventStatus.SCHEDULED, EventStatus.RUNNING, EventStatus.RESTORING)


def waits_for(event: DispatchEvent) -> str:
    match event.status:
        case EventStatus.DRAFT | EventStatus.SCHEDULED if event.previewed_at is None:
            return "The preview is being drawn up."
        case EventStatus.DRAFT:
            return "Nobody is told anything until it is scheduled."
        case EventStatus.SCHEDULED:
            return f"The first device is told at {at(event.begins_at)}."
        case EventStatus.RESTORING:
            return "Devices are brought back."
        case _ if event.closed_at and event.scheduled_at and event.measured_at is None:
            return "The response is measured once the readings are in."
    return ""


def facts(event: DispatchEvent) -> list[tuple[str, Any]]:
    asks = [f"{kind.value}: {instruction}" for kind, instruction in event.asks().items()]
    return [
        ("Program", link(event.program)),
        ("Window", f"{at(event.starts_at)} to {at(event.ends_at)}"),
        ("Lasts", span(event.ends_at - event.starts_at)),
        ("Asks", "; ".join(asks)),
        ("Whom", _whom(event)),
        ("Ramp, random start", f"{event.ramp_seconds // 60} min, {event.randomise_seconds // 60} min"),
        ("Priority", event.priority),
        ("Caps", _caps(event)),
    ]


def _whom(event: DispatchEvent) -> Any:
    named = {
        "portfolio": link(event.portfolio), "utility": link(event.utility), "zips": ", ".join(event.zips),
        "list": f"{len(event.listed):,} devices", "area": "drawn on the map",
    }  # fmt: skip
    said = event.get_choice_display()
    return f"{said}: {event.portfolio or event.utility or named.get(event.choice)}" if event.choice in named else said


def _caps(event: DispatchEvent) -> str:
    program = event.program
    said = [
        f"{program.max_events_per_day} events a day" if program.max_events_per_day is not None else "",
        f"{program.max_hours_per_year} hours a year" if program.max_hours_per_year is not None else "",
    ]
    return ", ".join(filter(None, said)) or "none"


def figures(event: DispatchEvent, now: picture.Standing) -> list[tuple[str, Any]]:
    in_it = sum(count for stage, count in now.by_stage.items() if stage in IN_EVENT)
    shown: list[tuple[str, Any]] = [
        ("In it", f"{in_it:,} of {sum(now.by_stage.values()):,} devices"),
        ("Expected", f"{now.expected_kw(IN_EVENT):,.1f} kW"),
    ]
    latest = event.samples.order_by("-at").first()
    if event.measured_at is None and latest is not None:
        shown.append(
            ("Measured now", f"{latest.measured_kw:,.1f} kW, by {latest.told:,} of {latest.devices:,} devices")
        )
    if event.measured_at is not None:
        count, response, expected = picture.measured(event)
        said = f"{response:,.1f} kW of {expected:,.1f} kW expected, at {count:,} devices"
        shown.append(("Measured", said if count else "at no device: see the report for why"))
    back = picture.restores(event)
    shown += [(Restore(name).label, f"{count:,}") for name, count in sorted(back.items()) if name != Restore.NOT_NEEDED]
    return shown


def versions(event: DispatchEvent) -> dict[str, Any]:
    rows = event.history.order_by("-history_date", "-history_id")[:MOST_VERSIONS]
    return table(
        ("When", "Status", "Who and why"),
        (
            (
                at(each.history_date),
                badge(EventStatus(each.status).label, STATUS_MARKS[each.status]),
                each.history_change_reason or NOTHING,
            )
            for each in rows
        ),
    )


def _stage(stage: str) -> Any:
    return badge(WORDS[stage], MARKS[stage])


def _crossed(counts: list[picture.Count], first: str) -> dict[str, Any]:
    """Of each, how many in each group of stages."""
    names = sorted({each.of for each in counts})
    shown = [group for group in GROUPS if any(each.stage in group.stages for each in counts)]

    def count(name: str, stages: tuple[str, ...]) -> str:
        return f"{sum(each.devices for each in counts if each.of == name and each.stage in stages):,}"

    def kw(name: str) -> str:
        return f"{sum(each.expected_kw for each in counts if each.of == name and each.stage in IN_EVENT):,.1f}"

    return table(
        (first, *(group.short for group in shown), "kW"),
        ((name, *(count(name, group.stages) for group in shown), kw(name)) for name in names),
    )
