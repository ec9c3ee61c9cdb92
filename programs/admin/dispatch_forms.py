"""What an operator types to draft an event or to amend it: a window, what is asked of each type, and of whom."""

from datetime import timedelta
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeVerticalWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from devices.kind import DeviceType
from devices.models import Portfolio
from devices.portfolios.membership import named
from programs.dispatch import areas
from programs.dispatch.instructions import (
    MOST_DEGREES,
    MOST_MINUTES_BEFORE,
    Curtail,
    Discharge,
    Instruction,
    PreCool,
    StopCharging,
)
from programs.dispatch.scheduling import Audience, Wanted
from programs.models import DispatchEvent, Program
from territories.models import Utility
from texture_portal.console.verbs import ReasonForm

Choice = DispatchEvent.Choice
MOST_LINES = 5_000


def number(label: str, least: Any, most: Any, *, text: str = "", initial: Any = None, whole: bool = True) -> Any:
    kind = forms.IntegerField if whole else forms.FloatField
    return kind(
        label=label, min_value=least, max_value=most, required=False, help_text=text, initial=initial,
        widget=UnfoldAdminIntegerFieldWidget(attrs={} if whole else {"step": "any"}),
    )  # fmt: skip


def lines(label: str, text: str) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})
    return forms.CharField(label=label, required=False, help_text=text, widget=widget)


class EventForm(ReasonForm):
    """The fields of an event; `wanted()` is what they come to."""

    name = forms.CharField(max_length=255, widget=UnfoldAdminTextInputWidget)
    starts_at = forms.SplitDateTimeField(label="Starts", widget=UnfoldAdminSplitDateTimeVerticalWidget)
    ends_at = forms.SplitDateTimeField(label="Ends", widget=UnfoldAdminSplitDateTimeVerticalWidget)
    discharge = number("Batteries discharge at", 1, 100, text="Percent of their rated power. Blank: not asked.")
    pre_cool = number(
        "Thermostats cool ahead by", 0, MOST_DEGREES, text="Degrees Fahrenheit. Blank: not asked.", whole=False
    )
    pre_cool_minutes = number("for", 0, MOST_MINUTES_BEFORE, text="Minutes before the start.", initial=30)
    set_back = number("and then hold a target higher by", 0, MOST_DEGREES, text="Degrees.", initial=4, whole=False)
    assumed_kw = number(
        "which saves", 0, 20, text="Kilowatts a thermostat: an assumption, since none tells its power.", initial=1,
        whole=False,
    )  # fmt: skip
    stop_charging = forms.BooleanField(
        label="Chargers and vehicles stop charging", required=False, widget=UnfoldBooleanSwitchWidget
    )
    curtail = number("Inverters are curtailed by", 1, 100, text="Percent of what they could give. Blank: not asked.")
    ramp = number("Ramp", 0, 720, text="Minutes over which the fleet begins at an even rate.", initial=0)
    randomise = number("Random start", 0, 720, text="Minutes by which each device begins later, by chance.", initial=0)
    priority = number(
        "Priority", -100, 100, text="Of events that want a device at once, the higher one has it.", initial=0
    )
    choice = forms.ChoiceField(label="Which devices", choices=Choice.choices, widget=UnfoldAdminSelectWidget)
    portfolio = forms.ModelChoiceField(queryset=Portfolio.objects.all(), required=False, widget=UnfoldAdminSelectWidget)
    utility = forms.CharField(
        label="Utility or CCA", required=False, help_text="Its EIA id.", widget=UnfoldAdminTextInputWidget
    )
    area = lines("Area", "GeoJSON of a Polygon or MultiPolygon, or drawn on the map.")
    zips = lines("ZIP codes", "With spaces, commas or lines between them.")
    listed = lines("Devices", "One a line: its id, its serial number, or the manufacturer's id.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [name for name in self.fields if name not in ("program", "reason")]
        self.order_fields([*(["program"] if "program" in self.fields else []), *names, "reason"])

    def clean_utility(self) -> Utility | None:
        given = self.cleaned_data["utility"].strip()
        if not given:
            return None
        found = Utility.objects.filter(eia_id=given).first()
        if found is None:
            raise forms.ValidationError(f"No utility or CCA has the EIA id {given}.")
        return found

    def clean_area(self) -> dict[str, Any] | None:
        given = self.cleaned_data["area"].strip()
        try:
            return areas.read(given) if given else None
        except areas.BadAreaError as fault:
            raise forms.ValidationError(str(fault)) from fault

    def clean_zips(self) -> tuple[str, ...]:
        given = self.cleaned_data["zips"].replace(",", " ").split()
        if wrong := [each for each in given if not (each.isascii() and each.isdigit() and len(each) == 5)]:
            raise forms.ValidationError(f"{wrong[0]} is no ZIP code of five digits.")
        return tuple(dict.fromkeys(given))

    def clean_listed(self) -> tuple[Any, ...]:
        given = [line for line in self.cleaned_data["listed"].splitlines() if line.strip()]
        if len(given) > MOST_LINES:
            raise forms.ValidationError(f"At most {MOST_LINES:,} at once. Remedy: make a portfolio of them.")
        found, unknown = named(given)
        if unknown:
            raise forms.ValidationError(f"{len(unknown)} lines mean no device: {', '.join(unknown[:5])}.")
        return tuple(found.order_by("pk").values_list("pk", flat=True))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        named_by = {"portfolio": "portfolio", "utility": "utility", "area": "area", "zips": "zips", "list": "listed"}
        wanted = named_by.get(given.get("choice", ""))
        if wanted and wanted not in self.errors and not given.get(wanted):
            self.add_error(wanted, "Say which.")
        return given


def wanted_of(given: dict[str, Any]) -> Wanted:
    def minutes(name: str) -> timedelta:
        return timedelta(minutes=given[name] or 0)

    choice = given["choice"]
    audience = Audience(
        choice=choice,
        portfolio=given["portfolio"] if choice == Choice.PORTFOLIO else None,
        utility=given["utility"] if choice == Choice.UTILITY else None,
        area=given["area"] if choice == Choice.AREA else None,
        zips=given["zips"] if choice == Choice.ZIPS else (),
        listed=given["listed"] if choice == Choice.LIST else (),
    )
    return Wanted(
        given["name"], given["starts_at"], given["ends_at"], instructions_of(given), minutes("randomise"),
        minutes("ramp"), given["priority"] or 0, audience,
    )  # fmt: skip


def instructions_of(given: dict[str, Any]) -> dict[DeviceType, Instruction]:
    found: dict[DeviceType, Instruction] = {}
    if given["discharge"]:
        found[DeviceType.BATTERY] = Discharge(given["discharge"] / 100)
    if given["pre_cool"] is not None:
        minutes, kw = given["pre_cool_minutes"] or 0, given["assumed_kw"]
        found[DeviceType.THERMOSTAT] = PreCool(minutes, given["pre_cool"], given["set_back"] or 0, kw or 0)
    if given["stop_charging"]:
        found |= {DeviceType.CHARGER: StopCharging(), DeviceType.VEHICLE: StopCharging()}
    if given["curtail"]:
        found[DeviceType.INVERTER] = Curtail(given["curtail"] / 100)
    return found


class DraftForm(EventForm):
    program = forms.ModelChoiceField(
        queryset=Program.objects.filter(status__in=["active", "full"]), widget=UnfoldAdminSelectWidget
    )


class AmendForm(EventForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in as_typed(self.subject).items():
            self.fields[name].initial = value


def as_typed(event: DispatchEvent) -> dict[str, Any]:
    """An event as the form's values."""
    asks = event.asks()
    typed: dict[str, Any] = {
        "name": event.name, "starts_at": event.starts_at, "ends_at": event.ends_at, "priority": event.priority,
        "ramp": event.ramp_seconds // 60, "randomise": event.randomise_seconds // 60, "choice": event.choice,
        "portfolio": event.portfolio_id, "utility": event.utility.eia_id if event.utility else "",
        "area": _geojson(event.area), "zips": " ".join(event.zips), "listed": "\n".join(map(str, event.listed)),
        "stop_charging": DeviceType.CHARGER in asks,
    }  # fmt: skip
    for instruction in asks.values():
        match instruction:
            case Discharge(share):
                typed["discharge"] = round(share * 100)
            case Curtail(share):
                typed["curtail"] = round(share * 100)
            case PreCool(minutes, cooler, warmer, kw):
                typed |= {"pre_cool_minutes": minutes, "pre_cool": cooler, "set_back": warmer, "assumed_kw": kw}
    return typed


def _geojson(area: dict[str, Any] | None) -> str:
    return "" if area is None else forms.JSONField().prepare_value(area)
