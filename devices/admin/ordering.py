"""A single command to a device, by hand: a form made of the registry, what safety says of it, and sending it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from devices.commands.issuing import DispatchClearance, Order, issue, preview
from devices.kind import Command as Registered
from devices.kind import Parameter
from devices.kinds import command_of
from devices.models import Device
from devices.safety import Allowed, Refused
from devices.values import Choice, Flag, Instant, Quantity
from texture_portal import actors, clock
from texture_portal.clock import to_wire

ISSUE = "devices.issue_command"


class OrderForm(forms.Form):
    """The parameters of one command, as the registry has them, and around them what any order needs."""

    def __init__(self, *args: Any, device: Device, command: Registered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.command = command
        for parameter in command.parameters:
            self.fields[f"input_{parameter.name}"] = _field(parameter)
        self.fields["program_type"] = forms.ChoiceField(
            choices=[(each, each.replace("_", " ")) for each in device.cleared_types], label="For which program type",
            widget=UnfoldAdminSelectWidget(), help_text="Of those that the customer has consented to.",
        )  # fmt: skip
        self.fields["minutes"] = forms.IntegerField(
            min_value=1, max_value=24 * 60, initial=15, label="Give up after minutes", widget=_text(),
            help_text="It goes out, and is acknowledged, within these, or it expires.",
        )  # fmt: skip

    def order(self, device: Device, *, now: datetime) -> Order:
        given = self.cleaned_data
        values = {each.name: given[f"input_{each.name}"] for each in self.command.parameters}
        return Order(
            device=device,
            command=self.command.slug,
            input={name: _wire(value) for name, value in values.items() if value not in (None, "")},
            expires_at=now + timedelta(minutes=given["minutes"]),
            clearance=DispatchClearance(given["program_type"]),
        )


def page(request: HttpRequest, device: Device | None, *, site: Any) -> HttpResponse:
    if not request.user.has_perm(ISSUE):
        raise PermissionDenied
    if device is None:
        raise Http404
    slugs = [slug for slug in device.commands if command_of(slug)]
    chosen = request.GET.get("command") or next(iter(slugs), "")
    command = command_of(chosen) if chosen in slugs else None
    if command is None:
        messages.error(request, "The device takes no such command.")
        return redirect(_back(device))
    form = OrderForm(request.POST or None, device=device, command=command)
    verdict = None
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        order = form.order(device, now=now)
        if "send" in request.POST:
            return _send(request, device, order, now=now)
        [verdict] = preview([order], now=now)
    context = {
        **site.each_context(request),
        "title": "Send a command", "subtitle": str(device), "original": device, "opts": device._meta,
        "form": form, "command": command, "slugs": slugs, "media": form.media,
        "refused": verdict if isinstance(verdict, Refused) else None,
        "allowed": verdict if isinstance(verdict, Allowed) else None,
    }  # fmt: skip
    return TemplateResponse(request, "admin/devices/device/order.html", context)


def _send(request: HttpRequest, device: Device, order: Order, *, now: datetime) -> HttpResponse:
    by = actors.staff(user_id=int(request.user.pk or 0), name=request.user.get_username())
    with transaction.atomic():
        [command] = issue([order], now=now, by=by)
    if command.error_code:
        messages.error(request, f"Refused by {command.error_code}: {command.error_detail} Nothing was sent.")
    else:
        messages.success(request, "It is on its way.")
    return redirect(reverse("admin:devices_command_change", args=(command.pk,)))


def _field(parameter: Parameter) -> forms.Field:
    said: dict[str, Any] = {"required": parameter.required, "label": parameter.name, "help_text": _help(parameter)}
    match parameter.value:
        case Quantity():
            return forms.FloatField(widget=_text(), **said)
        case Choice(values=values):
            empty = [] if parameter.required else [("", "not given")]
            return forms.ChoiceField(
                choices=[*empty, *((each, each) for each in values)], widget=UnfoldAdminSelectWidget(), **said
            )
        case Flag():
            flags = [("", "not given"), ("true", "yes"), ("false", "no")]
            return forms.TypedChoiceField(
                choices=flags, coerce=lambda given: given == "true", empty_value=None,
                widget=UnfoldAdminSelectWidget(), **said,
            )  # fmt: skip
        case Instant():
            return forms.DateTimeField(widget=_text(), **said)
        case _:
            raise TypeError(f"{parameter.name} has a value that no form takes")


def _help(parameter: Parameter) -> str:
    value = parameter.value
    ranges = " or ".join(map(str, value.ranges)) if isinstance(value, Quantity) else ""
    unit = value.unit if isinstance(value, Quantity) else ""
    return " ".join(filter(None, [parameter.meaning, parameter.sign, f"{ranges} {unit}".strip()]))


def _wire(value: Any) -> Any:
    return to_wire(value) if isinstance(value, datetime) else value


def _text() -> forms.Widget:
    widget: forms.Widget = UnfoldAdminTextInputWidget()
    return widget


def _back(device: Device) -> str:
    return reverse("admin:devices_device_change", args=(device.pk,))
