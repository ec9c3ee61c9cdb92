"""A partner, a program or a portfolio ended by staff: first who and how many it reaches, then the yes (§9)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from devices.models import Portfolio
from enrollments.admin.enrollment_page import short
from enrollments.deprovisioning import asking
from enrollments.deprovisioning.preview import Preview, Subject, preview, reached
from enrollments.evidence.access import by_user
from enrollments.models import Deprovisioning, Enrollment
from partners.models import Partner
from programs.models import Program
from texture_portal import clock
from texture_portal.console import looks
from texture_portal.console.marks import NOTHING, at, badge, link, read_by, table
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.verbs import LONGEST_REASON
from texture_portal.models import Look
from texture_portal.refusals import Refusal

END = "enrollments.end_deprovisioning"
KINDS = ("partner", "program", "portfolio")


class EndForm(forms.Form):
    partner = forms.ModelChoiceField(Partner.objects.all(), required=False, widget=UnfoldAdminSelectWidget)
    program = forms.ModelChoiceField(
        Program.objects.exclude(status=Program.Status.ARCHIVED), required=False, widget=UnfoldAdminSelectWidget
    )
    portfolio = forms.ModelChoiceField(Portfolio.objects.all(), required=False, widget=UnfoldAdminSelectWidget)
    choice = forms.ChoiceField(
        label="What becomes of those in it",
        choices=Deprovisioning.Choice.choices,
        widget=UnfoldAdminSelectWidget,
        help_text="Of a program they go on in their others, whatever you choose here.",
    )
    successor = forms.ModelChoiceField(
        Partner.objects.filter(status=Partner.Status.ACTIVE),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="With whom they go on.",
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Goes into the history.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if sum(given.get(name) is not None for name in KINDS) != 1:
            raise forms.ValidationError("Choose one: a partner, a program, or a portfolio.")
        return given

    @property
    def subject(self) -> Subject:
        chosen: Subject = next(self.cleaned_data[name] for name in KINDS if self.cleaned_data[name] is not None)
        return chosen

    @property
    def goes_on_with(self) -> Partner | None:
        """Where what is chosen hands over to somebody."""
        hands_over = self.cleaned_data["choice"] == Deprovisioning.Choice.HAND_OVER and self.cleaned_data["partner"]
        return self.cleaned_data["successor"] if hands_over else None


@admin.register(Deprovisioning)
class DeprovisioningAdmin(DetailAdmin):
    detail_template = "admin/enrollments/deprovisioning/detail.html"
    list_display = ("what", "kind", "choice", "asked", "asked_by", "standing")
    list_filter = (("choice", ChoicesDropdownFilter),)
    list_select_related = ("partner", "program", "portfolio")
    ordering = ("-id",)
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(END)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Once to see whom it reaches, and once more to mean it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form, foreseen = EndForm(request.POST or None), None
        if form.is_valid():
            if "confirmed" in request.POST and (answer := self._ended(request, form)):
                return answer
            foreseen = preview(form.subject, successor=form.goes_on_with)
            staying = [each.pk for each, _ in foreseen.left.named] if foreseen.left else []
            looks.note(request, Look.What.LISTED, Enrollment, {*staying, *(each.pk for each in foreseen.named)})
        context = self.admin_site.each_context(request) | {
            "opts": self.opts, "media": self.media, "title": "End a partner, a program or a portfolio", "form": form,
            **(_shown(request, form.subject, foreseen) if foreseen else {}),
        }  # fmt: skip
        return TemplateResponse(request, "admin/enrollments/deprovisioning/end.html", context)

    def _ended(self, request: HttpRequest, form: EndForm) -> HttpResponse | None:
        given, user = form.cleaned_data, request.user
        try:
            asked = asking.begin(
                form.subject, choice=given["choice"], successor=given["successor"], reason=given["reason"],
                now=clock.now(), by=by_user(user),  # type: ignore[arg-type]
            )  # fmt: skip
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return None
        messages.success(request, "It has ended. What is left of it is done in the background.")
        return redirect(reverse("admin:enrollments_deprovisioning_change", args=(asked.pk,)))

    def detail_context(self, request: HttpRequest, subject: Deprovisioning) -> dict[str, Any]:
        return {"facts": _facts(subject)}

    @display(description="What ended")
    def what(self, asked: Deprovisioning) -> str:
        return str(asked.subject)

    @display(description="Kind")
    def kind(self, asked: Deprovisioning) -> str:
        return str(asked.subject._meta.verbose_name)

    @display(description="Asked")
    def asked(self, asked: Deprovisioning) -> str:
        return at(asked.asked_at)

    @display(description="Standing")
    def standing(self, asked: Deprovisioning) -> Any:
        return badge("done", "success") if asked.finished_at else badge("under way", "info")


def _shown(request: HttpRequest, subject: Subject, foreseen: Preview) -> dict[str, Any]:
    with read_by(request.user):
        named = table(
            ("Enrollment", "Customer", "Device", "State"),
            ((link(each, short(each.pk)), each.customer.reference_id, each.device.serial_number, each.state)
             for each in foreseen.named),
        )  # fmt: skip
        left = _left(foreseen)
    counts = [("open enrollments", foreseen.total), *foreseen.counts.items()]
    return {
        "subject": subject,
        "counts": [(what.capitalize(), f"{count:,}") for what, count in counts],
        "states": table(("State", "Enrollments"), ((state, f"{count:,}") for state, count in foreseen.states.items())),
        "named": named,
        "is_more": foreseen.total > len(foreseen.named),
        **left,
    }


def _left(foreseen: Preview) -> dict[str, Any]:
    """How many go along, and who does not and why: their enrollments end."""
    if foreseen.left is None:
        return {}
    looked_at = foreseen.left.looked_at
    counts = [
        ("Go along", f"{looked_at - foreseen.left.total:,}"),
        ("Do not: their enrollments end", f"{foreseen.left.total:,}"),
    ]
    if looked_at < foreseen.total:
        counts.insert(0, ("Looked at so far, of all", f"the first {looked_at:,} of {foreseen.total:,}"))
    return {
        "going": [*counts, *((f"… {why}", f"{count:,}") for why, count in foreseen.left.counts.items())],
        "left": table(
            ("Enrollment", "Customer", "Device", "Why it does not go along"),
            ((link(each, short(each.pk)), each.customer.reference_id, each.device.serial_number, why.value)
             for each, why in foreseen.left.named),
        ),
        "is_more_left": foreseen.left.total > len(foreseen.left.named),
    }  # fmt: skip


def _facts(asked: Deprovisioning) -> list[tuple[str, Any]]:
    return [
        ("What ended", link(asked.subject)),
        ("Kind", str(asked.subject._meta.verbose_name)),
        ("What becomes of them", asked.get_choice_display()),
        ("Successor", link(asked.successor)),
        ("Why", asked.reason),
        ("Asked", f"{at(asked.asked_at)} by {asked.asked_by}"),
        ("Open enrollments then", f"{asked.enrollments_foreseen:,}"),
        ("Handed over", f"{asked.handed_over:,}"),
        ("Revoked", f"{asked.revoked:,}"),
        ("Left to do", f"{reached(asked.subject).count():,}" if asked.finished_at is None else NOTHING),
        ("Done", at(asked.finished_at)),
    ]
