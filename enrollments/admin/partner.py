"""The partner's page with what upper rooms know of it: §11.9's checklist, its runs and certificates."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from devices.certification import runs
from devices.models import CertificationRun, Cloud
from enrollments.admin.certification import by
from enrollments.admin.scores import scorecards
from enrollments.certification.work import suites
from enrollments.checklist import checklist
from partners.admin.maintenance import by_whom, standing_of
from partners.admin.partner import PartnerAdmin
from partners.models import Certificate, Partner
from texture_portal import clock
from texture_portal.console.marks import at, badge, link, read_by, table
from texture_portal.console.verbs import Verb, VerbForm

MOST_SHOWN = 10
START = "devices.start_certificationrun"


class TryForm(VerbForm):
    cloud = forms.ModelChoiceField(
        Cloud.objects.none(), required=False, widget=UnfoldAdminSelectWidget(), help_text="Where it has several."
    )
    manufacturer = forms.CharField(
        max_length=255, required=False, widget=UnfoldAdminTextInputWidget(),
        help_text="Of a TPDO: it is certified for each that it brings.",
    )  # fmt: skip
    second_secret = forms.CharField(
        max_length=4000, required=False, widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="The client secret or API key that is to follow the present one: it shows that secrets rotate.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cloud"].queryset = self.subject.clouds.all()  # type: ignore[attr-defined]


def _try(partner: Partner, given: dict[str, Any], now: datetime, user: User) -> str:
    run = runs.ask_for(
        partner, suites=suites(), cloud=given["cloud"], maker=given["manufacturer"],
        second_secret=given["second_secret"] or None, now=now, by=by(user),
    )  # fmt: skip
    return f"A worker tries {run.total} requirements now: the run is on this page."


TRY = Verb(
    "try",
    "Try against the requirements",
    "Its cloud is asked, its test devices are commanded, and its own requests are looked at. A worker does it.",
    START,
    _try,
    fits=lambda partner: partner.status != Partner.Status.ENDED,
    form=TryForm,
)

admin.site.unregister(Partner)


@admin.register(Partner)
class StandingPartnerAdmin(PartnerAdmin):
    verbs = (TRY, *PartnerAdmin.verbs)
    change_form_outer_after_template = "admin/partners/partner/standing.html"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        partner = self.get_object(request, object_id)
        if partner is not None and self.has_view_permission(request, partner):
            with read_by(request.user):
                may = request.user.has_perm("partners.add_maintenance")
                shown = _standing(partner, now=clock.now(), may_announce=may)
            kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), **shown}
        return super().change_view(request, object_id, *args, **kwargs)


def _standing(partner: Partner, *, now: datetime, may_announce: bool) -> dict[str, Any]:
    found = CertificationRun.objects.filter(partner=partner).select_related("partner")[:MOST_SHOWN]
    certificates = Certificate.objects.filter(partner=partner).select_related("partner")[:MOST_SHOWN]
    return {
        "scorecards": scorecards(partner, now=now),
        "maintenances": table(
            ("Planned maintenance", "From", "To", "Announced by", ""),
            (
                (
                    link(each, each.what),
                    at(each.starts_at),
                    at(each.ends_at),
                    by_whom(each.announced_by),
                    standing_of(each),
                )
                for each in partner.maintenances.all()[:MOST_SHOWN]
            ),
        ),
        "announce_url": f"{reverse('admin:partners_maintenance_add')}?partner={partner.pk}" if may_announce else "",
        "checklist": table(
            ("", "Step (§11.9)", "What is on record"),
            ((_mark(each.is_done), each.text, each.said) for each in checklist(partner, now=now)),
        ),
        "runs": table(
            ("Run", "State", "Asked by"),
            ((link(each, at(each.asked_at)), _progress(each), each.asked_by) for each in found),
        ),
        "certificates": table(
            ("Certificate", "For", "Until", ""),
            (
                (link(each, f"version {each.version}"), each.maker or "all", at(each.expires_at), _force(each, now))
                for each in certificates
            ),
        ),
    }


def _mark(is_done: bool) -> str:
    return badge("done", "success") if is_done else badge("open", "warning")


def _progress(run: CertificationRun) -> str:
    if run.status == CertificationRun.Status.DONE:
        return badge("done", "success")
    return badge(f"{run.results.count()} of {run.total}", "info")


def _force(certificate: Certificate, now: datetime) -> str:
    if certificate.is_in_force(now=now):
        return badge("in force", "success")
    return badge("withdrawn" if certificate.withdrawn_at else "expired", "danger")
