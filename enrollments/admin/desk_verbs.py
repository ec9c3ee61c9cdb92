"""The buttons of a review case that decide nothing: who looks after it, and what was found out."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from enrollments import assignment, notes
from enrollments.models import ReviewCase
from texture_portal.console.verbs import LONGEST_REASON, Verb, VerbForm

ASSIGN = "enrollments.assign_reviewcase"
NOTE = "enrollments.add_casenote"


class HeldForm(VerbForm):
    """Knows who had the case when the page was shown, so that nobody takes it from somebody unawares."""

    held_by = forms.IntegerField(required=False, widget=forms.HiddenInput)
    why = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text="If you like. Goes into the history.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["held_by"].initial = self.subject.assigned_to_id


class HandOverForm(HeldForm):
    to = forms.ModelChoiceField(label="Colleague", queryset=User.objects.none(), widget=UnfoldAdminSelectWidget)
    field_order = ("to", "why", "held_by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deciders = User.objects.with_perm(assignment.DECIDE, backend=settings.PERMISSIONS_BACKEND).filter(is_staff=True)
        self.fields["to"].queryset = deciders.order_by("username")  # type: ignore[attr-defined]


class NoteForm(VerbForm):
    text = forms.CharField(
        label="Note",
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="For colleagues and auditors; partners never see it. It cannot be changed afterwards.",
    )


def _take(case: ReviewCase, given: dict[str, Any], now: datetime, user: User) -> str:
    assignment.assign(case, to=user, instead_of=given["held_by"], why=given["why"], now=now, user=user)
    return "You look after this case now."


def _hand_over(case: ReviewCase, given: dict[str, Any], now: datetime, user: User) -> str:
    to = given["to"]
    assignment.assign(case, to=to, instead_of=given["held_by"], why=given["why"], now=now, user=user)
    return f"{to.get_username()} looks after this case now."


def _put_back(case: ReviewCase, given: dict[str, Any], now: datetime, user: User) -> str:
    assignment.unassign(case, instead_of=given["held_by"], why=given["why"], user=user)
    return "Nobody looks after this case now."


def _note(case: ReviewCase, given: dict[str, Any], now: datetime, user: User) -> str:
    notes.add_note(case, text=given["text"], now=now, user=user)
    return "The note is kept."


def _is_open(case: ReviewCase) -> bool:
    return case.decided_at is None


DESK_VERBS = (
    Verb("take", "Take it", "You look after it from now on.", ASSIGN, _take, fits=_is_open, form=HeldForm),
    Verb(
        "hand-over",
        "Hand it to a colleague",
        "Of those who may decide.",
        ASSIGN,
        _hand_over,
        fits=_is_open,
        form=HandOverForm,
    ),
    Verb(
        "put-back",
        "Put it back",
        "Nobody looks after it; it stays in the queue.",
        ASSIGN,
        _put_back,
        fits=lambda case: _is_open(case) and case.assigned_to_id is not None,
        form=HeldForm,
    ),
    Verb("note", "Write a note", "What you found out.", NOTE, _note, form=NoteForm),
)
STAYS = tuple(verb.name for verb in DESK_VERBS)
