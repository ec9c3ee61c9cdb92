"""Kinds of devices and programs in plain words, for people who never heard of either."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.kinds import DeviceType
from programs.models import ProgramType

Text = str | Promise

DEVICE: dict[str, Text] = {
    DeviceType.BATTERY: _("Home battery"),
    DeviceType.INVERTER: _("Solar inverter"),
    DeviceType.CHARGER: _("Car charger"),
    DeviceType.THERMOSTAT: _("Thermostat"),
    DeviceType.VEHICLE: _("Electric car"),
    DeviceType.OTHER: _("Other device"),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """`why` it is there, and `what` happens to a device in it."""

    name: Text
    why: Text
    what: Text


PROGRAM: dict[str, Plain] = {
    ProgramType.DEMAND_RESPONSE: Plain(
        _("Peak days"),
        _("On a few days a year, when everybody needs power at once, your device helps to keep the lights on."),
        _("For a few hours it uses less power, or gives back what it has stored."),
    ),
    ProgramType.VIRTUAL_POWER_PLANT: Plain(
        _("A power plant of many homes"),
        _("Many homes together do what a power plant does: they give power when it is short."),
        _("Your device stores energy when there is plenty, and gives some back when it is asked to."),
    ),
    ProgramType.TIME_OF_USE: Plain(
        _("The right time of day"),
        _("Power is cleaner and cheaper at some hours than at others."),
        _("Your device moves its work to those hours, day by day."),
    ),
    ProgramType.FREQUENCY_REGULATION: Plain(
        _("A steady grid"),
        _("The grid needs small corrections all the time to run steadily."),
        _("Your device uses a little more or a little less power for seconds or minutes. You will hardly notice."),
    ),
    ProgramType.CAPACITY: Plain(
        _("A reserve for when it counts"),
        _("The utility keeps a reserve for hours in which power may be short."),
        _("Your device stands ready, and helps only when the reserve is called upon."),
    ),
    ProgramType.SOLAR_CURTAILMENT: Plain(
        _("Too much sun"),
        _("At some hours there is more solar power than the grid can carry."),
        _("Your solar system sends out less for a while."),
    ),
    ProgramType.MANAGED_CHARGING: Plain(
        _("Charging at the right time"),
        _("Cars that charge at different hours keep the grid from being overloaded."),
        _("Your car charges a little later or a little slower, and is ready when you need it."),
    ),
}
