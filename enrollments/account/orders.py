"""What a device was asked to do, in plain words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.commands.states import Status

Text = str | Promise

ASKED: dict[str, Text] = {
    "battery:set-reserve": _("Set the battery’s reserve"),
    "battery:set-operating-mode": _("Charge the battery, give back or rest"),
    "battery:set-power": _("Charge the battery or give back, at a set power"),
    "inverter:limit-export": _("Send out no more solar power than a limit"),
    "inverter:curtail": _("Produce less solar power"),
    "inverter:set-power-factor": _("Help with the grid’s voltage"),
    "charger:set-operating-mode": _("Start or stop charging"),
    "charger:set-current-limit": _("Charge slower"),
    "thermostat:set-operating-mode": _("Change the thermostat’s targets"),
    "thermostat:set-fan-mode": _("Set the thermostat’s fan"),
    "thermostat:set-schedule-override": _("Leave the thermostat’s schedule for a while"),
    "vehicle:set-operating-mode": _("Start or stop charging the car"),
    "vehicle:set-charge-limit": _("Set the car’s charge limit"),
}
RESTORED = _("Put back as it was before")
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
