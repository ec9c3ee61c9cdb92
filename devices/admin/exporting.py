"""The button that gives telemetry as a file: of a device, or of a portfolio."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from unfold.widgets import UnfoldAdminSelectWidget

from devices.admin.clouds import by
from devices.models import Device, Portfolio
from devices.telemetry import export
from texture_portal.console.verbs import ReasonForm, Verb

EXPORT = "devices.export_telemetry"
RANGES = {1: "the last day", 7: "the last week", 30: "the last 30 days", 90: "the last 90 days"}
GRANULARITIES = {"raw": "as it was told", "5m": "5 minutes", "15m": "15 minutes", "1h": "an hour"}


class ExportForm(ReasonForm):
    days = forms.TypedChoiceField(
        coerce=int, choices=list(RANGES.items()), initial=7, widget=UnfoldAdminSelectWidget(), label="Of"
    )
    granularity = forms.ChoiceField(
        choices=list(GRANULARITIES.items()), initial="15m", widget=UnfoldAdminSelectWidget(), label="Rolled up to"
    )
    field_order = ("days", "granularity", "reason")


def _export(subject: Device | Portfolio, given: dict[str, Any], now: datetime, user: User) -> StreamingHttpResponse:
    lines = export.export(
        subject, start=now - timedelta(days=given["days"]), end=now, granularity=given["granularity"],
        reason=given["reason"], now=now, by=by(user),
    )  # fmt: skip
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="telemetry-{subject.pk}-{now:%Y%m%d}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


VERB = Verb(
    "export-telemetry", "Export telemetry", "As CSV, device by device, oldest first. That you did is on record.",
    EXPORT, _export, form=ExportForm,
)  # fmt: skip
