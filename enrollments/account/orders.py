"""What a device was asked to do, in plain words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.commands.states import Status

Text = str | Promise

ASKED: dict[str, Text] = {
    "battery:set-reserve": _("The battery’s reserve was to be set"),
    "battery:set-operating-mode": _("The battery was to charge, give back or rest"),
    "battery:set-power": _("The battery was to charge or give back at a set power"),
    "inverter:limit-export": _("The solar system was to send out no more than a limit"),
    "inverter:curtail": _("The solar system was to produce less"),
    "inverter:set-power-factor": _("The solar system was to help with the grid’s voltage"),
    "charger:set-operating-mode": _("The charger was to start or stop"),
    "charger:set-current-limit": _("The charger was to charge slower"),
    "thermostat:set-operating-mode": _("The thermostat was to change its targets"),
    "thermostat:set-fan-mode": _("The thermostat’s fan was to be set"),
    "thermostat:set-schedule-override": _("The thermostat was to leave its schedule for a while"),
    "vehicle:set-operating-mode": _("The car was to start or stop charging"),
    "vehicle:set-charge-limit": _("The car’s charge limit was to be set"),
}
RESTORED = _("What was set was to be put back as it was")
BECAME: dict[str, Text] = {
    Status.PENDING: _("not sent yet"),
    Status.ACCEPTED: _("accepted by the maker"),
    Status.IN_PROGRESS: _("under way"),
    Status.COMPLETE: _("done"),
    Status.FAILED: _("it did not work"),
    Status.REJECTED: _("refused, to be safe"),
    Status.EXPIRED: _("it came too late, and was not done"),
    Status.CANCELLED: _("called off"),
}
