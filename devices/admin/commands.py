"""Commands for people: what was asked and sent, what became of it when, and calling one off."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.commands import cancelling
from devices.models import Command
from devices.search import device_ids
from texture_portal import actors
from texture_portal.console.marks import NOTHING, as_written, at, badge, link, table, words
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid
from texture_portal.console.verbs import Verb
from texture_portal.refusals import Refusal

ISSUE = "devices.issue_command"
KINDS = {
    "pending": "info", "accepted": "info", "in_progress": "info", "complete": "success", "failed": "danger",
    "rejected": "danger", "expired": "warning", "cancelled": "warning",
}  # fmt: skip


def status_badge(status: str) -> SafeString:
    return badge(words(status), KINDS.get(status, ""))


def _cancel(command: Command, given: dict[str, Any], now: datetime, user: User) -> str:
    by = actors.staff(user_id=user.pk, name=user.get_username())
    if not cancelling.cancel([command], reason="cancelled_by_staff", detail=given["reason"], now=now, by=by):
        raise Refusal("state_conflict", "It has ended already.")
    return "It is cancelled. The other side is told, and the device is given back now where it had begun."


@admin.register(Command)
class CommandAdmin(BigTable, DetailAdmin):
    detail_template = "admin/devices/command/detail.html"
    list_display = ("command", "of_device", "status_mark", "way", "requested", "acknowledged", "ended", "error_code")
    list_filter = (
        ("status", ChoicesDropdownFilter), ("way", ChoicesDropdownFilter), ("partner", RelatedDropdownFilter),
    )  # fmt: skip
    list_select_related = ("device",)
    search_help_text = "Command's id, its event's id, whole serial number, or a device's id"
    ordering = ("-id",)
    sortable_by = ()
    verbs = (
        Verb(
            "cancel", "Cancel", "It is no longer wanted: whoever has it is told, and the device is given back now.",
            ISSUE, _cancel, fits=lambda command: command.is_unfinished,
        ),
    )  # fmt: skip

    def named(self, term: str) -> Q:
        return Q(pk=as_uuid(term)) | Q(event_id=as_uuid(term)) | Q(device__in=device_ids(term))

    def detail_context(self, request: HttpRequest, subject: Command) -> dict[str, Any]:
        return {
            "facts": _facts(subject), "asked": _asked(subject), "changes": _changes(subject),
            "attempts": _attempts(subject), "reports": _reports(subject),
        }  # fmt: skip

    @display(description="Device")
    def of_device(self, command: Command) -> str:
        return str(command.device)

    @display(description="Status")
    def status_mark(self, command: Command) -> SafeString:
        return status_badge(command.status)

    @display(description="Requested")
    def requested(self, command: Command) -> str:
        return at(command.requested_at)

    @display(description="Acknowledged")
    def acknowledged(self, command: Command) -> str:
        return at(command.acknowledged_at)

    @display(description="Ended")
    def ended(self, command: Command) -> str:
        return at(command.finished_at)


def _facts(command: Command) -> list[tuple[str, Any]]:
    said = command.error_said or {}
    restore = Command.objects.filter(restores=command).first()
    return [
        ("Status", status_badge(command.status)),
        ("Why", f"{words(command.error_code)}. {command.error_detail}" if command.error_code else NOTHING),
        (
            "As it was told",
            as_written(" ".join(f"{name}: {value}" for name, value in said.items())) if said else NOTHING,
        ),
        ("Device", link(command.device)),
        ("Program type", words(command.program_type)),
        ("Event", str(command.event_id or NOTHING)),
        ("Way", command.get_way_display()),
        ("Starts", at(command.starts_at)),
        ("Ends", at(command.ends_at)),
        ("Expires", at(command.expires_at)),
        ("Restores", link(command.restores)),
        ("Restored by", link(restore)),
    ]


def _asked(command: Command) -> dict[str, Any]:
    clipped = {each["parameter"]: words(each["rule"]) for each in command.clipped}
    names = dict.fromkeys((*command.asked, *command.input))
    rows = [
        (name, command.asked.get(name, NOTHING), command.input.get(name, NOTHING), clipped.get(name, NOTHING))
        for name in names
    ]
    return table(("Parameter", "Asked", "Sent", "Clipped by"), rows)


def _changes(command: Command) -> dict[str, Any]:
    rows = [
        (at(each.at), status_badge(each.after), words(each.reason), f"{each.by['role']}: {each.by['name']}")
        for each in command.changes.all()
    ]
    return table(("When", "Status", "Why", "Who"), rows)


def _attempts(command: Command) -> dict[str, Any]:
    rows = [
        (at(each.at), each.get_step_display(), words(each.outcome) if each.outcome else "under way, or lost",
         each.status or NOTHING, as_written(each.answer))
        for each in command.attempts.all()
    ]  # fmt: skip
    return table(("When", "What", "Outcome", "HTTP", "Answer"), rows)


def _reports(command: Command) -> dict[str, Any]:
    rows = [
        (at(each.received_at), each.get_source_display(), words(each.status), "yes" if each.is_news else "no",
         as_written(" ".join((each.error or {}).values())))
        for each in command.reports.all()
    ]  # fmt: skip
    return table(("When", "How", "Said", "News", "Words"), rows)
