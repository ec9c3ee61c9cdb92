"""A partner's customer as one person: what there is of them, their data taken along, and their deletion asked for."""

import json
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from devices.models import Device
from devices.search import customer_ids, device_ids
from enrollments.account import contacts
from enrollments.account.download import document
from enrollments.admin.colours import state_badge
from enrollments.admin.deletion_page import standing
from enrollments.admin.enrollment_page import short
from enrollments.deletion import asking
from enrollments.evidence.access import by_user
from enrollments.models import Contact, DeletionRequest, Enrollment
from partners.models import Customer
from texture_portal import clock
from texture_portal.console import looks
from texture_portal.console.marks import NOTHING, at, badge, link, table
from texture_portal.console.pages import DetailAdmin
from texture_portal.console.search import BigTable, as_uuid
from texture_portal.console.verbs import Verb, VerbForm

OPEN = "enrollments.open_deletionrequest"
EXPORT = "enrollments.export_person"
WAYS = [choice for choice in DeletionRequest.Via.choices if choice[0] != DeletionRequest.Via.ACCOUNT]


class AskForm(VerbForm):
    via = forms.ChoiceField(label="How they asked", choices=WAYS, widget=UnfoldAdminSelectWidget)
    asked_on = forms.DateField(
        label="Asked on",
        widget=UnfoldAdminDateWidget,
        initial=timezone.localdate,
        help_text="The law counts from then.",
    )
    is_proved = forms.BooleanField(label="I have made sure that it is this person who asks", widget=UnfoldBooleanWidget)


def _ask(customer: Customer, given: dict[str, Any], now: datetime, user: User) -> str:
    noon = timezone.make_aware(datetime.combine(given["asked_on"], time(12)))
    asked_at = min(noon, now) if given["asked_on"] <= timezone.localdate(now) else noon
    [request] = asking.ask([customer], via=given["via"], asked_at=asked_at, now=now, by=by_user(user))
    return f"The request is open, due {at(request.due_at)}. Every consent of theirs has ended."


def _take_along(customer: Customer, given: dict[str, Any], now: datetime, user: User) -> HttpResponse:
    looks.note_taken(user, Customer, [customer.pk], now=now)
    body = json.dumps(document([customer], now=now), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": f'attachment; filename="person-{customer.pk}.json"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json", headers=headers)


def _is_known(customer: Customer) -> bool:
    return customer.erased_at is None


@admin.register(Customer)
class CustomerAdmin(BigTable, DetailAdmin):
    detail_template = "admin/partners/customer/detail.html"
    list_display = ("reference_shown", "partner", "created", "erased")
    list_filter = (("partner", RelatedDropdownFilter),)
    list_select_related = ("partner",)
    search_help_text = (
        "Whole reference, e-mail address, serial number, device id, or the id of a customer or enrollment"
    )
    ordering = ("-id",)
    sortable_by = ()
    verbs = (
        Verb(
            "take-along",
            "Take along everything that is held of them",
            "The same file that they can download on My devices. That you took it is on record.",
            EXPORT,
            _take_along,
            fits=_is_known,
            form=VerbForm,
        ),
        Verb(
            "ask-deletion",
            "Open a deletion request",
            "For a person who wrote or called. Every consent of theirs ends at once; the deletion itself follows.",
            OPEN,
            _ask,
            fits=lambda customer: _is_known(customer) and _open_request(customer) is None,
            form=AskForm,
        ),
    )

    def named(self, term: str) -> Q:
        wanted = Q(pk__in=customer_ids(term)) | Q(
            pk__in=Device.objects.filter(pk__in=device_ids(term)).values("customer")
        )
        if "@" in term:
            wanted |= Q(pk__in=Contact.objects.filter(email_digest__in=contacts.digests(term)).values("customer"))
        if (identifier := as_uuid(term)) is not None:
            wanted |= Q(pk=identifier) | Q(pk__in=Enrollment.objects.filter(pk=identifier).values("customer"))
        return wanted

    def detail_context(self, request: HttpRequest, subject: Customer) -> dict[str, Any]:
        return {"facts": _facts(subject), "enrollments": _enrollments(subject), "requests": _requests(subject)}

    @display(description="Reference")
    def reference_shown(self, customer: Customer) -> str:
        return "erased" if customer.erased_at else customer.reference_id

    @display(description="Created")
    def created(self, customer: Customer) -> str:
        return at(customer.created_at)

    @display(description="Erased")
    def erased(self, customer: Customer) -> str:
        return at(customer.erased_at)


def _open_request(customer: Customer) -> DeletionRequest | None:
    return customer.deletion_requests.filter(done_at=None, refused_at=None).first()


def _facts(customer: Customer) -> list[tuple[str, Any]]:
    contact = Contact.objects.filter(customer=customer).first()
    return [
        ("Reference", badge("erased") if customer.erased_at else customer.reference_id),
        ("Partner", link(customer.partner)),
        ("E-mail", "kept, sealed" if contact else NOTHING),
        ("Created", at(customer.created_at)),
        ("Erased", at(customer.erased_at)),
        ("Facts of consents purged", at(customer.forgotten_at)),
    ]


def _enrollments(customer: Customer) -> dict[str, Any]:
    rows = customer.enrollments.select_related("device").order_by("-pk")
    return table(
        ("Enrollment", "State", "Device", "Since"),
        (
            (link(each, short(each.pk)), state_badge(each.state), link(each.device), at(each.created_at))
            for each in rows
        ),
    )


def _requests(customer: Customer) -> dict[str, Any]:
    rows, now = customer.deletion_requests.order_by("-pk"), clock.now()
    return table(
        ("Request", "Standing", "Asked", "Due"),
        ((link(each, short(each.pk)), standing(each, now=now), at(each.asked_at), at(each.due_at)) for each in rows),
    )
