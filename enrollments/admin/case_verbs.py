"""The buttons of a review case: those that fit its question."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from enrollments import review
from enrollments.admin.desk_verbs import DESK_VERBS
from enrollments.admin.verbs import what_happened, with_reason
from enrollments.models import ReviewCase
from enrollments.models.review import ABOUT_TERRITORY
from territories.models import Utility
from texture_portal.console.verbs import LONGEST_REASON, ReasonForm, Verb, VerbForm

Kind = ReviewCase.Kind
DECIDE = "enrollments.decide_reviewcase"


class ResolveForm(ReasonForm):
    """A candidate, or any other utility that serves homes."""

    candidate = forms.ChoiceField(required=False, widget=UnfoldAdminRadioSelectWidget)
    other_utility = forms.ModelChoiceField(label="Or another utility", queryset=Utility.objects.all(), required=False)
    field_order = ("candidate", "other_utility", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        candidate = self.fields["candidate"]
        candidate.choices = self._candidates()  # type: ignore[attr-defined]
        self.fields["other_utility"].widget = self._search()

    def _candidates(self) -> list[tuple[str, str]]:
        """Those of the match, and whom the site has now."""
        enrollment = self.subject.enrollment
        named = {each["utility"]["id"]: each["utility"]["name"] for each in enrollment.match.get("candidates", [])}
        if (now := enrollment.site.utility) is not None:
            named[str(now.pk)] = f"{now.name} (as it is now)"
        return list(named.items())

    def _search(self) -> AutocompleteSelect:
        """Typing searches all utilities that serve homes."""
        asked = ReviewCase._meta.get_field("resolved_utility")
        widget = AutocompleteSelect(asked, admin.site, attrs={"data-width": "100%"})
        widget.choices = self.fields["other_utility"].choices  # type: ignore[attr-defined]
        widget.is_required = False
        return widget

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        named = given.get("other_utility")
        if named and given.get("candidate"):
            raise forms.ValidationError("Choose a candidate or another utility, not both.")
        if not named and given.get("candidate"):
            named = Utility.objects.filter(pk=given["candidate"]).first()
        if named is None and not self.errors:
            raise forms.ValidationError("Choose the utility that serves the site.")
        return {**given, "utility": named}


class QuestionForm(VerbForm):
    """What the partner is asked is the reason too."""

    message = forms.CharField(
        label="What you need of the partner",
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The partner reads this as it stands. Goes into the history.",
    )


def _resolve(case: ReviewCase, given: dict[str, Any], now: datetime, user: User) -> str:
    utility = given["utility"]
    enrollment = review.resolve_territory(case, utility=utility, reason=given["reason"], now=now, user=user)
    return f"{utility} serves the site. {what_happened(enrollment)}"


def _ask(case: ReviewCase, given: dict[str, Any], now: datetime, user: User) -> str:
    enrollment = review.request_information(case, message=given["message"], now=now, user=user)
    return f"{enrollment.partner} is asked; the case waits for it, and stays in the queue."


def _asks(*kinds: Kind) -> Callable[[ReviewCase], bool]:
    return lambda case: case.decided_at is None and case.kind in kinds


VERBS = (  # what answers the question stands first, and is open
    Verb(
        "resolve",
        "Resolve to a utility",
        "It serves the site; the enrollment goes on from there.",
        DECIDE,
        _resolve,
        fits=_asks(*ABOUT_TERRITORY),
        form=ResolveForm,
    ),
    with_reason(
        "verify-account",
        "Verify the account",
        "The utility account is the customer's.",
        DECIDE,
        review.verify_account,
        fits=_asks(Kind.VERIFICATION),
    ),
    with_reason(
        "refute-transfer",
        "Refute the transfer",
        "The device has not changed hands; the enrollment goes on.",
        DECIDE,
        review.refute_transfer,
        fits=_asks(Kind.OWNERSHIP),
    ),
    with_reason(
        "dismiss-conflict",
        "Dismiss the claim",
        "The device is rightly enrolled here; the enrollment goes on.",
        DECIDE,
        review.dismiss_conflict,
        fits=_asks(Kind.CONFLICT),
    ),
    Verb(
        "request-information",
        "Ask the partner for more",
        "The partner reads it among the enrollment's required actions; the case stays open.",
        DECIDE,
        _ask,
        fits=lambda case: case.decided_at is None and not case.waits_for_partner,
        form=QuestionForm,
    ),
    with_reason(
        "end",
        "Reject: end the enrollment",
        "The answer speaks against the enrollment: it is revoked for good.",
        DECIDE,
        review.end_enrollment,
        fits=_asks(*Kind),
        is_final=True,
    ),
    *DESK_VERBS,
)
TOGETHER = ("resolve", "verify-account", "refute-transfer", "dismiss-conflict", "request-information", "end")
