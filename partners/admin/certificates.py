"""Certificates: what each rests on, until when it is in force, and the button that withdraws it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from partners import certificates
from partners.models import Certificate
from texture_portal import clock
from texture_portal.actors import staff
from texture_portal.console.marks import NOTHING, at, badge, link, table, words
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.verbs import Verb

MARKS = {"pass": "success", "fail": "danger", "not_tried": "danger", "not_applicable": "", "waived": "warning"}


def _withdraw(certificate: Certificate, given: dict[str, Any], now: datetime, user: User) -> str:
    by = staff(user_id=user.pk, name=user.get_username())
    certificates.withdraw(certificate, now=now, by=by, reason=given["reason"])
    return f"The certificate of {certificate} is withdrawn."


@admin.register(Certificate)
class CertificateAdmin(DetailAdmin):
    detail_template = "admin/partners/certificate/detail.html"
    list_display = ("partner", "maker_shown", "version", "issued", "expires", "standing")
    list_filter = (("partner", RelatedDropdownFilter),)
    list_select_related = ("partner",)
    search_fields = ("partner__name", "maker")
    sortable_by = ()
    verbs = (
        Verb(
            "withdraw",
            "Withdraw",
            "At once: where certification is required, the partner calls nothing any more.",
            "partners.withdraw_certificate",
            _withdraw,
            fits=lambda certificate: certificate.is_in_force(now=clock.now()),
            is_final=True,
        ),
    )

    def detail_context(self, request: HttpRequest, subject: Certificate) -> dict[str, Any]:
        results = subject.report.get("results", [])
        return {
            "facts": [
                ("Partner", link(subject.partner)),
                ("For", subject.maker or "all that it brings"),
                ("Version", subject.version),
                ("Requirements", f"version {subject.requirements}"),
                ("Issued", f"{at(subject.issued_at)} by {subject.issued_by}"),
                ("Why", subject.reason or NOTHING),
                ("In force until", at(subject.expires_at)),
                ("Withdrawn", _withdrawal(subject)),
            ],
            "checks": table(
                ("Check", "§", "Outcome", "What was found"),
                ((each["title"], each["section"], _mark(each["outcome"]), _said(each)) for each in results),
            ),
        }

    @display(description="Manufacturer")
    def maker_shown(self, certificate: Certificate) -> str:
        return certificate.maker or "all that it brings"

    @display(description="Issued")
    def issued(self, certificate: Certificate) -> str:
        return at(certificate.issued_at)

    @display(description="In force until")
    def expires(self, certificate: Certificate) -> str:
        return at(certificate.expires_at)

    @display(description="State")
    def standing(self, certificate: Certificate) -> str:
        if certificate.withdrawn_at:
            return badge("withdrawn", "danger")
        is_good = certificate.is_in_force(now=clock.now())
        return badge("in force", "success") if is_good else badge("expired", "danger")


def _withdrawal(certificate: Certificate) -> str:
    if certificate.withdrawn_at is None:
        return NOTHING
    return f"{at(certificate.withdrawn_at)} by {certificate.withdrawn_by}: {certificate.withdrawn_reason}"


def _mark(outcome: str) -> str:
    return badge(words(outcome), MARKS.get(outcome, ""))


def _said(result: dict[str, Any]) -> str:
    waiver = result.get("waiver")
    return f"{result['said']} Waived by {waiver['by']}: {waiver['reason']}" if waiver else result["said"]
