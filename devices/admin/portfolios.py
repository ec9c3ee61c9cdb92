"""Portfolios in the admin: filled and emptied in bulk, and access to all that is in one revoked."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.admin import exporting
from devices.admin.clouds import by
from devices.admin.counting import count_of
from devices.admin.forms import DevicesForm, RevokePortfolioForm
from devices.models import Device, Portfolio, PortfolioDevice
from devices.portfolios import membership, revoking, suspending
from texture_portal.console.histories import HistoryAdmin
from texture_portal.console.marks import at, badge, link, table
from texture_portal.console.verbs import Verb, VerbsMixin

FILL, REVOKE = "devices.fill_portfolio", "devices.revoke_portfolio"
MOST_SHOWN = 50
MOST_NAMED = 5


def _chosen(given: dict[str, Any]) -> "tuple[QuerySet[Device], str]":
    """The devices, and what to say of the lines that mean none."""
    if given["devices"]:
        found, unknown = membership.named(given["devices"])
        named = ", ".join(unknown[:MOST_NAMED])
        return found, f" {len(unknown)} lines mean no device: {named}." if unknown else ""
    wanted = {"customer__reference_id": given["account"], "site": given["site"], "connection": given["connection"]}
    return Device.objects.filter(**{name: value for name, value in wanted.items() if value}), ""


def _add(portfolio: Portfolio, given: dict[str, Any], now: datetime, user: User) -> str:
    devices, remark = _chosen(given)
    done = membership.add(portfolio, devices, reason=given["reason"], now=now, by=by(user))
    strangers = f" {done.strangers} are another partner's." if done.strangers else ""
    return f"{done.added} devices added, {done.already_in} were in it already.{strangers}{remark}"


def _remove(portfolio: Portfolio, given: dict[str, Any], now: datetime, user: User) -> str:
    devices, remark = _chosen(given)
    count = membership.remove(portfolio, devices, reason=given["reason"], by=by(user))
    return f"{count} devices taken out.{remark}"


def _revoke(portfolio: Portfolio, given: dict[str, Any], now: datetime, user: User) -> str:
    revoking.ask(portfolio, whole_grants=given["whole_grants"], reason=given["reason"], now=now, by=by(user))
    return "A worker gives up access to every device in it now. Reload the page to see how far it is."


def _suspend(portfolio: Portfolio, given: dict[str, Any], now: datetime, user: User) -> str:
    done = suspending.suspend(portfolio, reason=given["reason"], now=now, by=by(user))
    more = f" Another {done.left} will be within a minute; none that has not gone goes out." if done.left else ""
    return f"{done.devices} devices are at rest; {done.cancelled} commands were cancelled.{more}"


def _reinstate(portfolio: Portfolio, given: dict[str, Any], now: datetime, user: User) -> str:
    suspending.reinstate(portfolio, reason=given["reason"], by=by(user))
    return "Its devices are read and commanded again, but for those that another portfolio keeps at rest."


def _is_filled(portfolio: Portfolio) -> bool:
    return portfolio.places.exists()


VERBS = (
    Verb("add-devices", "Put devices in", "Those of another partner than the portfolio's stay out.", FILL, _add,
         form=DevicesForm),
    Verb("remove-devices", "Take devices out", "Nothing else happens to them.", FILL, _remove, fits=_is_filled,
         form=DevicesForm),
    Verb(
        "suspend", "Suspend",
        "No device in it is read at its cloud or commanded until it is reinstated; what is under way is cancelled."
        " Revocations go on, and so does what a partner sends by itself. Below is what it reaches.",
        REVOKE, _suspend, fits=lambda portfolio: portfolio.suspended_at is None,
    ),
    Verb("reinstate", "Reinstate", "Its devices are read and commanded again.", REVOKE, _reinstate,
         fits=lambda portfolio: portfolio.suspended_at is not None),
    Verb(
        "revoke-access", "Revoke access to all of them",
        "No device in it is read or commanded through its connection any more. An end user's grant that reaches nothing"
        " else is ended at the cloud.", REVOKE, _revoke, fits=_is_filled, form=RevokePortfolioForm, is_final=True,
    ),
    replace(exporting.VERB, fits=_is_filled),
)  # fmt: skip


@admin.register(Portfolio)
class PortfolioAdmin(VerbsMixin, HistoryAdmin):
    list_display = ("name", "kind", "reference", "partner_named", "devices_in", "standing", "created_at")
    list_filter = (("kind", ChoicesDropdownFilter), ("partner", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("partner",)
    search_fields = ("name", "reference", "id")
    fields = ("name", "kind", "reference", "partner")
    change_form_outer_after_template = "admin/devices/portfolio/below.html"
    verbs = VERBS

    def has_delete_permission(self, request: HttpRequest, obj: Portfolio | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Portfolio | None = None) -> Any:
        return ("partner",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super().get_queryset(request).annotate(device_count=count_of(PortfolioDevice.objects.all(), of="portfolio"))
        )

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        portfolio = self.get_object(request, object_id)
        shown = _below(portfolio) | {"verbs": self.buttons(request, portfolio)} if portfolio else {}
        kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), **shown}
        page: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return page

    @display(description="Partner", ordering="partner__name")
    def partner_named(self, portfolio: Portfolio) -> str:
        return portfolio.partner.name if portfolio.partner else "any"

    @display(description="")
    def standing(self, portfolio: Portfolio) -> str:
        return badge("suspended", "warning") if portfolio.suspended_at else badge("active", "success")

    @display(description="Devices")
    def devices_in(self, portfolio: Any) -> int:
        return int(portfolio.device_count)


def _below(portfolio: Portfolio) -> dict[str, Any]:
    places = portfolio.places.select_related("device__partner", "device__connection__cloud").order_by("-id")[
        :MOST_SHOWN
    ]
    revocations = portfolio.revocations.all()[:MOST_SHOWN]
    return {
        "suspension": _suspension(portfolio),
        "suspended_at": portfolio.suspended_at,
        "devices": table(
            ("Device", "Type", "Partner", "Reached through", "In it since"),
            (
                (
                    link(each.device, each.device.serial_number),
                    each.device.type,
                    each.device.partner.name,
                    link(each.device.connection),
                    at(each.added_at),
                )
                for each in places
            ),
        ),
        "revocations": table(
            ("Asked", "By", "Why", "Devices withdrawn", "Grants revoked", "State"),
            (
                (
                    at(each.asked_at),
                    each.asked_by,
                    each.reason,
                    each.devices_withdrawn,
                    each.connections_revoked,
                    badge("done", "success") if each.finished_at else badge("under way", "warning"),
                )
                for each in revocations
            ),
        ),
    }


def _suspension(portfolio: Portfolio) -> list[tuple[str, str]]:
    """What it stops, before anybody says yes; and while it lasts."""
    reached = suspending.reach(portfolio)
    return [
        ("Suspended since", at(portfolio.suspended_at)),
        ("Devices that are not read or commanded", f"{reached.devices:,}"),
        ("Commands under way, which are cancelled", f"{reached.commands:,}"),
        ("Connections that reach some of them", f"{reached.connections:,}"),
        ("… that reach nothing else, and are not used", f"{reached.connections_that_rest:,}"),
        ("What goes on", "Revocations; readings that a partner sends by itself"),
    ]
