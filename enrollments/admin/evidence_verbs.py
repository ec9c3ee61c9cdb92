"""The buttons of a consent by which staff ask the partner for its records, and file what it sent by other ways."""

import base64
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from enrollments.evidence.documents import LARGEST_FILE, MEDIA_TYPES
from enrollments.evidence.records import RecordClaim, ask_for_records, file_record
from enrollments.models import Consent, EvidenceRecord
from texture_portal.console.marks import at
from texture_portal.console.verbs import LONGEST_REASON, Verb, VerbForm

ASK = "enrollments.ask_evidence"
USUALLY_WITHIN = timedelta(days=14)


class AskForm(VerbForm):
    message = forms.CharField(
        label="What you need of the partner",
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The partner reads this as it stands.",
    )
    due_on = forms.DateField(
        label="Due at the end of",
        widget=UnfoldAdminDateWidget,
        initial=lambda: timezone.localdate() + USUALLY_WITHIN,
    )


class FileForm(VerbForm):
    method = forms.ChoiceField(
        label="What it is", choices=EvidenceRecord.Method.choices, widget=UnfoldAdminSelectWidget
    )
    captured_on = forms.DateField(label="When the consent was captured", widget=UnfoldAdminDateWidget)
    terms_version = forms.CharField(label="Terms version shown", max_length=255, widget=UnfoldAdminTextInputWidget)
    note = forms.CharField(
        max_length=LONGEST_REASON, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget,
        help_text=f"PDF, PNG, JPEG, text, CSV or JSON, up to {LARGEST_FILE >> 20} MiB.",
    )

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > LARGEST_FILE:
            raise forms.ValidationError("The file is too large.")
        if given.content_type not in MEDIA_TYPES:
            raise forms.ValidationError("The file is of a kind that is not taken.")
        return given


def _ask(consent: Consent, given: dict[str, Any], now: datetime, user: User) -> str:
    due_at = timezone.make_aware(datetime.combine(given["due_on"], time(23, 59)))
    asked = ask_for_records(consent, message=given["message"], due_at=due_at, now=now, user=user)
    return f"{consent.enrollment.partner} is asked, until {at(asked.due_at)}."


def _file(consent: Consent, given: dict[str, Any], now: datetime, user: User) -> str:
    file = given["file"]
    content = {
        "method": given["method"],
        "capturedAt": given["captured_on"].isoformat(),
        "termsVersion": given["terms_version"],
        "note": given["note"],
        "file": {
            "name": file.name,
            "mediaType": file.content_type,
            "content": base64.b64encode(file.read()).decode(),
        },
    }
    record = file_record(consent, RecordClaim(given["method"], content), now=now, user=user)
    return f"{record.get_method_display()} is filed, sealed under the customer's key."


VERBS = (
    Verb(
        "ask-records",
        "Ask the partner for its records",
        "It must be able to substantiate every consent (§11.5). It is told by webhook, and by the API.",
        ASK,
        _ask,
        fits=lambda consent: not consent.evidence_requests.filter(answered_at__isnull=True).exists(),
        form=AskForm,
    ),
    Verb(
        "file-record",
        "File a record",
        "What the partner sent by other ways. It is kept sealed, for good; its digest goes into the audit chain.",
        ASK,
        _file,
        form=FileForm,
    ),
)
